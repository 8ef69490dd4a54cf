"""Label values that a file has and that are not understood are named where it is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.dataset.cleaning import clean, require_both_classes
from claimclf.dataset.decided_texts import decided
from claimclf.dataset.labelled_texts import labelled_texts
from claimclf.dataset.reading import Table, read_table
from claimclf.dataset.validation.labels import not_understood, unknown_labels
from claimclf.dataset.validation.validate import validate
from claimclf.errors import TrainingDataError
from claimclf.schema import LABELLED, OUT_OF_DOMAIN
from claimclf.services.learning import read_decisions
from claimclf.services.stress import read_elsewhere
from tests.builders import labelled_csv

LABELS = ["claim", "Opinion", "1", "maybe", "n/a", "maybe", " maybe ", "", "CLAIM", "0"]
NAMED = "labels that are not understood: 'maybe' (3 rows), 'n/a' (1 row)"


def sentences(labels: list[str] = LABELS) -> Table:
    texts = [f"someone said that {n} is a number of the {n}th kind" for n in range(len(labels))]
    frame = pd.DataFrame({"label": labels, "text": texts})
    return read_table(frame.to_csv(index=False).encode(), "sentences.csv")


def test_too_few_texts_of_a_class_name_the_labels_that_are_not_understood() -> None:
    validated = read_elsewhere(sentences())
    assert unknown_labels(validated) == {"maybe": 3, "n/a": 1}
    with pytest.raises(TrainingDataError, match="too few texts") as raised:
        labelled_texts(validated)
    assert NAMED in str(raised.value)


def test_each_rejected_row_names_its_label() -> None:
    report = validate(sentences(), OUT_OF_DOMAIN).rejected
    reasons = report["reasons"].tolist()
    assert sum("'maybe'" in reason for reason in reasons) == 3


def test_a_dataset_without_a_class_names_the_labels_that_are_not_understood() -> None:
    labels = ["claim"] * 30 + ["views"] * 9 + ["na"]
    table = read_table(labelled_csv(40, claim_status=labels), "videos.csv")
    with pytest.raises(TrainingDataError) as raised:
        require_both_classes(clean(validate(table, LABELLED)))
    assert "not understood: 'views' (9 rows), 'na' (1 row)" in str(raised.value)


def test_too_few_decisions_name_the_labels_that_are_not_understood() -> None:
    made = decided([read_decisions(sentences())])
    with pytest.raises(TrainingDataError) as raised:
        made.texts()
    assert NAMED in str(raised.value)
    assert made.n_decisions == 5


def test_an_export_of_decisions_with_a_foreign_word_names_it() -> None:
    words = ["claim-breaks-rules", "opinion", "skip", "forbidden", "forbidden"]
    frame = pd.DataFrame({"decision": words, "text": "a b c d", "undone": "", "by": "a", "at": ""})
    table = read_table(frame.to_csv(index=False).encode(), "decisions.csv")
    assert decided([read_decisions(table)]).unknown_labels == {"forbidden": 2}


def test_many_kinds_of_labels_are_counted_and_only_some_named() -> None:
    said = not_understood({f"label {n}": 9 - n for n in range(8)})
    assert "'label 4' (5 rows) and 3 more" in said
    assert not_understood({}) == ""
