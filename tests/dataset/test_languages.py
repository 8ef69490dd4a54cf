"""Which language a text is in: told of whole sentences, never guessed of a few words."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.dataset.describing_texts import SOURCE, by_source
from claimclf.dataset.languages import UNKNOWN, language_of, languages_of
from claimclf.schema import CLAIM_STATUS, TEXT_LENGTH, TRANSCRIPT
from tests.conftest import shared_file


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We have cut taxes by 12 percent since then.", "English"),
        ("I want to cut spending.", "English"),
        ("Ich habe gelesen, dass die Preise steigen und wir mehr zahlen.", "German"),
        ("Creo que esto es lo mejor para los niños.", "Spanish"),
        ("Eu acho que isso é muito bom para você.", "Portuguese"),
        ("Je pense que c’est une bonne idée pour nous tous.", "French"),
        ("Penso che questo sia molto bello per tutti.", "Italian"),
        ("Ik denk dat het een goed idee is.", "Dutch"),
        ("Myślę, że to jest bardzo dobry pomysł.", "Polish"),
        ("Bu çok güzel bir gün ve ben mutluyum.", "Turkish"),
        ("Saya tidak tahu karena ini bukan milik saya.", "Indonesian or Malay"),
        ("Tôi không biết bạn là người của nhóm này.", "Vietnamese"),
        ("Jag tror att det är en bra idé.", "Swedish"),
        ("Я думаю, что это хорошо.", "Cyrillic script (Russian and others)"),
        ("यह बहुत अच्छा है", "Devanagari (Hindi and others)"),
        ("これは日本語の文章です", "Japanese"),
        ("这是中文", "Chinese"),
        ("한국어 문장입니다", "Korean"),
        ("", UNKNOWN),
        ("🔥🔥 2025", UNKNOWN),
        ("Science sucks.", UNKNOWN),
        ("https://of.the.and/to #the @that", UNKNOWN),
        ("a a a a", UNKNOWN),
    ],
)
def test_language_is_told_by_script_and_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_debates_are_english_and_none_is_taken_for_another_language() -> None:
    texts = pd.read_csv(shared_file("data/debate_sentences_dev.csv"))["text"]
    counts = languages_of(texts)
    assert counts["English"] > 0.97 * len(texts)
    assert set(counts) == {"English", UNKNOWN}


def rows(texts: list[str], labels: list[str | None], sources: list[str]) -> pd.DataFrame:
    table = pd.DataFrame({TRANSCRIPT: texts, CLAIM_STATUS: labels, SOURCE: sources}).astype("str")
    return table.assign(**{TEXT_LENGTH: table[TRANSCRIPT].str.len()})


def test_sources_are_told_apart_by_length_language_and_words() -> None:
    figures = by_source(
        rows(
            [
                "The taxes were cut, and the taxes of #taxes were the first.",
                "We were told of the taxes again.",
                "Die Steuern sind gestiegen, und das ist nicht gut.",
            ],
            ["claim", "opinion", None],
            ["debates", "debates", "Wahlkampf"],
        )
    )
    debates, other = figures.to_dict("records")
    assert (debates[SOURCE], debates["texts"], debates["claims"]) == ("debates", 2, 0.5)
    assert debates["words"] == 9.5
    assert debates["languages"] == "English 100%"
    assert debates["frequent"].split(", ")[0] == "taxes"
    assert (other[SOURCE], other["languages"]) == ("Wahlkampf", "German 100%")
    assert pd.isna(other["claims"])


def test_many_small_sources_share_a_row_and_no_text_is_lost() -> None:
    n = 30
    names = [*["large"] * n, *[f"small {number}" for number in range(n)]]
    figures = by_source(rows(["we were here"] * 2 * n, [None] * 2 * n, names))
    assert figures["texts"].sum() == 2 * n
    assert figures[SOURCE].iloc[0] == "large"
    assert "all other sources" in set(figures[SOURCE])
    assert len(figures) == 12
