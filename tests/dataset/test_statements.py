from __future__ import annotations

import random
import unicodedata
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.statements import endings, pairwise, statement_keys, statements
from claimclf.services.datasets import Dataset

relaxed = settings(deadline=None, max_examples=60)

SENTENCE = "the deepest lake in the country holds eleven thousand gallons"
WORDS = SENTENCE.split()
#: Few words, so that tails agree by chance in all numbers of places.
few_words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=9).map(" ".join)
any_text = st.none() | st.text(max_size=60) | few_words


def texts(*values: object) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def together(*values: object) -> bool:
    return len(set(statements(texts(*values)).group)) == 1


def replaced(places: dict[int, str]) -> str:
    """The sentence with other words at some places from its end."""
    words = WORDS.copy()
    for place, word in places.items():
        words[-place] = word
    return " ".join(words)


def partition(group: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(group == number).tolist()) for number in set(group.tolist())}


def is_slip(one: str, other: str) -> bool:
    """Say by plain means whether two words of letters are the same but for a slip."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if one[0] != other[0] or len(shorter) < 4:
        return False
    if len(longer) == 4:
        return sorted(one) == sorted(other)
    if len(shorter) == 4:
        return shorter in without_one(longer)
    return bool(({one} | without_one(one)) & ({other} | without_one(other)))


def without_one(word: str) -> set[str]:
    """The word without each of its letters but the first."""
    return {word[:place] + word[place + 1 :] for place in range(1, len(word))}


def one_by_one(transcripts: list[str]) -> set[frozenset[int]]:
    """Apply the rule to every pair, and link until nothing changes."""
    tails = [text.split()[-7:] for text in transcripts]

    def alike(one: list[str], other: list[str]) -> bool:
        different = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
        full = len(one) == len(other) == 7
        slip = full and len(different) == 1 and is_slip(*different[0])
        return slip or one == other != []

    group = list(range(len(tails)))
    for _ in tails:
        for i, j in combinations(range(len(tails)), 2):
            if alike(tails[i], tails[j]):
                group[i] = group[j] = min(group[i], group[j])
    return partition(np.array(group, dtype=int))


# What shares a statement


#: Few letters, so that slips and other words come about by chance.
alike_words = st.lists(
    st.text("ab", min_size=3, max_size=6).map("x".__add__), min_size=6, max_size=8
).map(" ".join)
#: The same but for a word or two.
alike_texts = st.builds(
    lambda text, changes: [
        " ".join([*text.split()[:place], word, *text.split()[place + 1 :]])
        for place, word in changes
    ],
    alike_words,
    st.lists(st.tuples(st.integers(0, 7), st.text("ab", max_size=6).map("x".__add__)), max_size=12),
)


@relaxed
@given(st.lists(few_words, max_size=12) | alike_texts)
def test_groups_are_those_of_the_rule_applied_to_every_pair(transcripts: list[str]) -> None:
    assert partition(statements(texts(*transcripts)).group) == one_by_one(transcripts)


@pytest.mark.parametrize("place", range(1, 8))
def test_one_slip_does_not_change_the_statement_and_another_word_does(place: int) -> None:
    word = WORDS[-place]
    if len(word) > 4 and word != "eleven":
        assert together(SENTENCE, replaced({place: word[:-1] + "z"}))
    assert not together(SENTENCE, replaced({place: "other"}))


@pytest.mark.parametrize("places", list(combinations((1, 2, 5), 2)))
def test_two_slips_make_another_statement(places: tuple[int, int]) -> None:
    slips = {place: WORDS[-place] + "z" for place in places}
    assert all(together(SENTENCE, replaced({place: word})) for place, word in slips.items())
    assert not together(SENTENCE, replaced(slips))


def test_a_text_between_two_others_links_them() -> None:
    one_slip, two_slips = replaced({2: "thousnad"}), replaced({2: "thousnad", 5: "contry"})
    assert not together(SENTENCE, two_slips)
    assert together(SENTENCE, two_slips, one_slip)


@pytest.mark.parametrize("first", ["that", "claimed", "Read"])
def test_words_before_a_statement_do_not_count_as_the_first_of_the_seven(first: str) -> None:
    assert together(replaced({7: "said"}), replaced({7: first}))
    assert together(replaced({6: "that"}), replaced({6: "that", 7: "news"}))
    assert not together(replaced({6: "said"}), replaced({6: "told"}))


@pytest.mark.parametrize("letters", [*range(1, 16), 200])
def test_words_of_any_length_are_compared_as_a_whole(letters: int) -> None:
    words = [str(place) + "x" * letters for place in range(7)]
    first_differs = ["other" + words[0], *words[1:]]
    last_differs = [*words[:-1], words[-1] + "7"]
    assert together(" ".join(words), "it is " + " ".join(words))
    assert not together(" ".join(words), " ".join(first_differs))
    assert not together(" ".join(words), " ".join(last_differs))


def test_two_words_that_change_places_make_another_statement() -> None:
    assert not together(SENTENCE, replaced({1: WORDS[-2], 2: WORDS[-1]}))


@pytest.mark.parametrize(
    "variant",
    [
        "I read on a website that " + SENTENCE,
        SENTENCE.upper(),
        SENTENCE.title() + ".",
        "“" + SENTENCE.replace(" ", ", ") + "” …",
        SENTENCE.replace(" ", "\n\t"),
        SENTENCE.replace(" ", "\u00a0") + "\u2029",
        "\u202b" + SENTENCE.replace(" ", "\u200f ") + "\u202c",
        SENTENCE + " 😀👩‍💻❤️",
        SENTENCE.replace(" ", " 🎉 — "),
        SENTENCE + " 😀" * 5_000,
        "<p>" + SENTENCE.replace(" ", " > ") + "</>",
        "framing " * 5_000 + SENTENCE,
        SENTENCE + "\x00",
        SENTENCE + " \ud83d",
        "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in SENTENCE),
    ],
)
def test_framing_case_punctuation_and_symbols_do_not_count(variant: str) -> None:
    # A slip as well, so that no other difference may be left.
    assert together(variant, replaced({2: "thousnad"}))
    assert statement_keys(texts(variant)).tolist() == statement_keys(texts(SENTENCE)).tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it doesn't", "it doesn’t"),
        ("Straße", "STRASSE"),
        ("İZMİR", "izmir"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("café", unicodedata.normalize("NFD", "Café")),
        ("שלום עולם", "שָׁלוֹם, עולם!"),
        ("مرحبا بالعالم", "\u202bمَرْحَبًا بالعالم\u202c"),
        ("می\u200cخواهم", "میخواهم"),
        ("हिन्दी", "हिन्दी।"),
        ("５0 ﬁsh", "50 fish"),
    ],
)
def test_a_word_is_the_same_in_every_spelling(one: str, other: str) -> None:
    assert together(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("it's", "it s"), ("cafe", "café"), ("हाथी", "हाथ"), ("a\u200bb", "ab")]
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert not together(one, other)


# Short, empty and missing texts


def test_fewer_than_seven_words_share_a_statement_with_the_very_same_words_only() -> None:
    six = "holds eleven thousand gallons of water"
    assert together(six, six.title() + "!")
    assert not together(six, six.replace("water", "wine"))
    assert not together(six, "it " + six)
    assert not together("yes", "no")


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, "", " \n", "😀 …", "'", "\ufe0f"])
def test_a_video_without_words_is_alone_and_has_no_id(nothing: object) -> None:
    groups = statements(texts(nothing, SENTENCE, nothing, SENTENCE))
    assert groups.group.tolist() == [0, 1, 2, 1]
    assert groups.ids.isna().tolist() == [True, False, True, False]
    assert not statement_keys(texts(nothing)).any()


@pytest.mark.parametrize(
    "nothing",
    [pd.Series(dtype="str"), pd.Series([None, None], dtype="str"), pd.Series([float("nan")])],
)
def test_no_words_at_all_are_no_error(nothing: pd.Series) -> None:
    groups = statements(nothing)
    assert groups.group.tolist() == list(range(len(nothing)))
    assert groups.ids.isna().all()
    assert groups.ids.dtype == "str"
    assert statement_keys(nothing).shape == (len(nothing), 8)


# What a caller may rely on


@relaxed
@given(st.lists(any_text, max_size=15))
def test_every_video_has_one_group_and_one_id_for_each_group(values: list[str | None]) -> None:
    transcripts = pd.Series(values, dtype=object, index=[f"row {n}" for n in range(len(values))])
    groups = statements(transcripts)
    assert groups.ids.index.equals(transcripts.index)
    # Numbers count up as they appear.
    assert list(dict.fromkeys(groups.group.tolist())) == list(range(len(set(groups.group))))
    has_id = groups.ids.notna().to_numpy()
    assert partition(groups.group[has_id]) == partition(pd.factorize(groups.ids[has_id])[0])
    assert len(set(groups.group[~has_id])) == (~has_id).sum()


@relaxed
@given(st.lists(any_text, max_size=15), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values: list[str | None], dice: random.Random) -> None:
    transcripts = texts(*values)
    order = list(range(len(values)))
    dice.shuffle(order)
    groups, shuffled = statements(transcripts), statements(transcripts.iloc[order])
    pd.testing.assert_series_equal(groups.ids.iloc[order], shuffled.ids)
    assert partition(groups.group[order]) == partition(shuffled.group)


@relaxed
@given(st.lists(few_words, max_size=8), st.lists(few_words, max_size=8))
def test_an_id_changes_only_with_its_own_group(before: list[str], more: list[str]) -> None:
    alone, all_together = statements(texts(*before)), statements(texts(*before, *before, *more))
    for number in set(alone.group):
        members = np.flatnonzero(alone.group == number)
        joined = np.flatnonzero(all_together.group == all_together.group[members[0]])
        if joined.max() < 2 * len(before):
            pd.testing.assert_series_equal(alone.ids[members], all_together.ids[members])


@relaxed
@given(few_words, few_words)
def test_sharing_a_key_is_sharing_a_statement(one: str, other: str) -> None:
    keys = statement_keys(texts(one, other))
    shared = set(keys[0].tolist()) & set(keys[1].tolist()) - {0}
    assert bool(shared) == together(one, other)


def test_letters_in_another_order_or_doubled_leave_a_key_as_it_is() -> None:
    said = [replaced({2: typed}) for typed in ("thousand", "thousnad", "thoussand", "houses")]
    first, swapped, doubled, other = map(set, statement_keys(texts(*said)).tolist())
    assert len(first & swapped) == len(first & doubled) == 1
    assert not first & other


@relaxed
@given(st.lists(any_text, min_size=1, max_size=8))
def test_keys_depend_on_the_text_alone(values: list[str | None]) -> None:
    each = [statement_keys(texts(value))[0].tolist() for value in values]
    assert statement_keys(texts(*values)).tolist() == each


def test_keys_are_the_same_however_many_rows_are_read_at_once() -> None:
    transcripts = demo_videos(6_000)["video_transcription_text"]
    some = slice(2_400, 5_100)
    keys = statement_keys(transcripts)
    assert (keys[some] == statement_keys(transcripts.iloc[some])).all()
    assert keys.dtype == np.int64


def test_keys_and_ids_are_those_that_databases_already_hold() -> None:
    """A change of an id parts texts from those stored so far; one of a key, only slips of them."""
    stored = texts(SENTENCE, "Çok kısa")
    keys = [-2_934_867_500_979_750_537, 5_492_370_800_268_305_114]
    assert statement_keys(stored)[:, 0].tolist() == keys
    assert statements(stored).ids.tolist() == ["8f43decdec080ab8", "158dbf00490ab3f6"]


# Comparing groupings


def test_pairwise_counts_pairs() -> None:
    # Found: 3 + 1 pairs, of which 1 + 1 are true; true: 1 + 3 pairs.
    grouped, truth = np.array([1, 1, 1, 2, 2]), np.array(["x", "x", "y", "y", "y"])
    assert pairwise(grouped, truth) == (2 / 4, 2 / 4)
    assert pairwise(np.zeros(5), truth) == (4 / 10, 1.0)
    assert pairwise(np.arange(5), truth) == (1.0, 0.0)
    assert pairwise(np.array([]), np.array([])) == (1.0, 1.0)


@relaxed
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
def test_pairwise_is_what_counting_one_by_one_gives(rows: list[tuple[int, int]]) -> None:
    grouped, truth = (np.array(column) for column in zip(*rows, strict=True))
    pairs = list(combinations(rows, 2))
    in_found = [a[1] == b[1] for a, b in pairs if a[0] == b[0]]
    in_truth = [a[0] == b[0] for a, b in pairs if a[1] == b[1]]
    expected = tuple(float(np.mean(hits)) if hits else 1.0 for hits in (in_found, in_truth))
    assert pairwise(grouped, truth) == pytest.approx(expected)


def test_groupings_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        pairwise(np.zeros(2), np.zeros(3))


# The course's dataset


@pytest.fixture(scope="module")
def claims(course: Dataset) -> pd.Series:
    rows = course.cleaned.rows
    return rows.loc[rows["claim_status"] == "claim", "video_transcription_text"]


def with_swapped_letters(text: str, dice: np.random.Generator, share: float) -> str:
    """Swap two inner letters in a share of the words of more than three letters."""
    words = text.split()
    for place, word in enumerate(words):
        if len(word) > 3 and dice.random() < share:
            at = int(dice.integers(1, len(word) - 1))
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


@pytest.mark.dataset
def test_claims_are_grouped_by_what_they_claim(claims: pd.Series) -> None:
    precision, recall = pairwise(statements(claims).group, endings(claims, 6).to_numpy())
    assert len(claims) == 9_608
    assert precision >= 0.99
    assert recall >= 0.95


@pytest.mark.dataset
def test_claims_are_grouped_even_when_a_twentieth_of_longer_words_has_a_typo(
    claims: pd.Series,
) -> None:
    dice = np.random.default_rng(0)
    typed = claims.map(lambda text: with_swapped_letters(text, dice, 0.05))
    precision, recall = pairwise(statements(typed).group, endings(claims, 6).to_numpy())
    assert precision >= 0.99
    assert recall >= 0.95
