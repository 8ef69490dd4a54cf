"""Statements of reasons hold to the rules of the DSA Transparency Database, written anew here."""

from __future__ import annotations

import csv
import json
import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from claimclf.dataset.writing import write_table
from claimclf.errors import InvalidRequestError, NotAllowedError
from claimclf.people import Person, Role
from claimclf.queue.outbound.reasons.checking import problems_of
from claimclf.queue.outbound.reasons.exporting import Statements, export_statements
from claimclf.queue.outbound.reasons.writing import as_json, as_table
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.message import message_of
from claimclf.queue.outbound.window import Place, read_place
from claimclf.queue.review.bulk import decide_cases
from claimclf.queue.review.decisions import Verdict, undo
from claimclf.queue.settings import transparency
from claimclf.queue.settings.restrictions import Restriction, change_restriction, restrictions_of
from claimclf.queue.settings.team import change_settings, history
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit
from claimclf.schema import Decision, ReasonCode
from tests.conftest import ROOT
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    WITHIN,
    Clock,
    done,
    fill,
    logged,
    shown,
)

ANALYST = Person("ines", Role.ANALYST)
TERMS = Restriction(
    visibility=("DECISION_VISIBILITY_CONTENT_REMOVED",),
    category="STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
    ground="DECISION_GROUND_INCOMPATIBLE_CONTENT",
    reference="Community guidelines, 4.2",
    explanation="It spreads claims on health that are known to be false.",
    keywords=("KEYWORD_RISK_PUBLIC_HEALTH",),
)
LAW = replace(
    TERMS,
    visibility=("DECISION_VISIBILITY_OTHER", "DECISION_VISIBILITY_CONTENT_DEMOTED"),
    visibility_other="Shown with a notice",
    category="STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    ground="DECISION_GROUND_ILLEGAL_CONTENT",
    reference="Criminal code, section 263",
    territorial_scope=("FR", "DE"),
    keywords=("KEYWORD_OTHER", "KEYWORD_PHISHING"),
    keyword_other="Fake shops",
    url="https://law.example/263",
    source="SOURCE_TRUSTED_FLAGGER",
)

# The rules, from the table in docs/statements-of-reasons.md and not from the code ---------------

ALWAYS = {
    "decision_ground",
    "content_type",
    "category",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
    "puid",
    "territorial_scope",
}
AT_LEAST_ONE = {
    "decision_visibility",
    "decision_monetary",
    "decision_provision",
    "decision_account",
}
OPTIONAL = {
    "decision_visibility_other",
    "category_specification",
    "category_specification_other",
    "decision_ground_reference_url",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
}
MOST = {
    "decision_facts": 5000,
    "illegal_content_explanation": 2000,
    "incompatible_content_explanation": 2000,
    "illegal_content_legal_ground": 500,
    "incompatible_content_ground": 500,
    "decision_visibility_other": 500,
    "category_specification_other": 500,
    "puid": 500,
}
GROUNDS = {
    "DECISION_GROUND_ILLEGAL_CONTENT": (
        {"illegal_content_legal_ground", "illegal_content_explanation"}
    ),
    "DECISION_GROUND_INCOMPATIBLE_CONTENT": (
        {"incompatible_content_ground", "incompatible_content_explanation"}
    ),
}
VISIBILITIES = {
    f"DECISION_VISIBILITY_{name}"
    for name in (
        *("CONTENT_REMOVED", "CONTENT_DISABLED", "CONTENT_DEMOTED", "CONTENT_AGE_RESTRICTED"),
        *("CONTENT_INTERACTION_RESTRICTED", "CONTENT_LABELLED", "OTHER"),
    )
}
CATEGORIES = """
    ANIMAL_WELFARE CONSUMER_INFORMATION CYBER_VIOLENCE CYBER_VIOLENCE_AGAINST_WOMEN
    DATA_PROTECTION_AND_PRIVACY_VIOLATIONS ILLEGAL_OR_HARMFUL_SPEECH
    INTELLECTUAL_PROPERTY_INFRINGEMENTS NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS
    NOT_SPECIFIED_NOTICE OTHER_VIOLATION_TC PROTECTION_OF_MINORS RISK_FOR_PUBLIC_SECURITY
    SCAMS_AND_FRAUD SELF_HARM UNSAFE_AND_PROHIBITED_PRODUCTS VIOLENCE
"""
AREA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
SOURCES = {
    *("SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION"),
    "SOURCE_VOLUNTARY",
}
OLD_KEYWORDS = {"KEYWORD_MISINFORMATION", "KEYWORD_DISINFORMATION"}


def require_taken(statement: dict[str, Any]) -> None:
    """Fail where the Transparency Database would refuse a statement."""
    names = set(statement)
    assert names >= ALWAYS, ALWAYS - names
    assert names & AT_LEAST_ONE
    assert names <= ALWAYS | AT_LEAST_ONE | OPTIONAL, names - ALWAYS - AT_LEAST_ONE - OPTIONAL
    for name, value in statement.items():
        assert value, name
        assert isinstance(value, list) or (isinstance(value, str) and value.strip()), name
        assert len(value) <= MOST.get(name, 10**6), name
    ground = statement["decision_ground"]
    assert names & set.union(*GROUNDS.values()) == GROUNDS[ground]
    assert set(statement["decision_visibility"]) <= VISIBILITIES
    is_other = "DECISION_VISIBILITY_OTHER" in statement["decision_visibility"]
    assert is_other == ("decision_visibility_other" in names)
    keywords = statement.get("category_specification", [])
    assert ("KEYWORD_OTHER" in keywords) == ("category_specification_other" in names)
    assert all(re.fullmatch(r"KEYWORD_[A-Z_]+", keyword) for keyword in keywords)
    assert not OLD_KEYWORDS & set(keywords)
    assert statement["category"].removeprefix("STATEMENT_CATEGORY_") in CATEGORIES.split()
    assert statement["content_type"] == ["CONTENT_TYPE_VIDEO"]
    assert set(statement["territorial_scope"]) <= set(AREA.split())
    assert statement["source_type"] in SOURCES
    assert statement["automated_detection"] in {"Yes", "No"}
    assert statement["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,500}", statement["puid"])
    for name, first in (("content_date", date(2000, 1, 1)), ("application_date", date(2020, 1, 1))):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", statement[name])
        assert date.fromisoformat(statement[name]) >= first


# -----------------------------------------------------------------------------------------------


def exported(
    database: Database, start: Place | None = None, stop: Place | None = None
) -> Statements:
    return export_statements(database, ANALYST, start, stop)


def breaks(code: ReasonCode, note: str = "") -> Verdict:
    return Verdict(Decision.BREAKS_RULES, code, note)


def set_all(database: Database, rng: random.Random) -> None:
    """Set every reason code to something random that is allowed."""
    for code in ReasonCode:
        category = rng.choice(transparency.CATEGORIES)
        keywords = rng.sample(transparency.KEYWORDS, rng.randint(0, 4))
        visibility = rng.sample(list(transparency.VISIBILITIES), rng.randint(1, 3))
        chosen = Restriction(
            visibility=tuple(visibility),
            category=category,
            ground=rng.choice(list(transparency.GROUNDS)),
            reference="§ " + "x" * rng.randint(1, 498),
            explanation="e" * rng.choice([1, 1999, 2000]),
            territorial_scope=tuple(rng.sample(AREA.split(), rng.randint(1, 30))),
            keywords=tuple(keywords),
            visibility_other="shown in grey",
            keyword_other="of another kind",
            url=rng.choice(["", "https://terms.example/4"]),
            source=rng.choice(sorted(SOURCES)),
        )
        change_restriction(database, LEAD, "to begin with", code, chosen)


def decide_at_random(database: Database, rng: random.Random, n: int) -> dict[Decision, int]:
    """Decide on n cases; return how many of each kind hold."""
    verdicts = [OPINION, WITHIN, ESCALATE, *(breaks(code, "of Ann") for code in ReasonCode)]
    kinds = dict.fromkeys(Decision, 0)
    chosen: dict[int, list[int]] = {}
    for case_id in range(1, n + 1):
        chosen.setdefault(rng.randrange(len(verdicts)), []).append(case_id)
    for place, case_ids in chosen.items():
        verdict = verdicts[place]
        if verdict is ESCALATE:
            continue
        for start in range(0, len(case_ids), 40):
            some = case_ids[start : start + 40]
            decide_cases(database, ANNA, shown(database, *some), verdict)
            kinds[verdict.decision] += len(some)
            assert isinstance(database.now, Clock)
            database.now.step(rng.random() * 24 * 60)
    return kinds


@pytest.fixture
def ready(database: Database) -> Database:
    """A queue whose reason codes all stand for something; nothing is decided."""
    for code in ReasonCode:
        change_restriction(database, LEAD, "to begin with", code, TERMS)
    change_restriction(database, LEAD, "the law", ReasonCode.FRAUD, LAW)
    fill(database, 6, posted_at=pd.Timestamp("2026-12-31T23:30:00Z"))
    return database


@pytest.mark.parametrize("seed", [1, 2])
def test_statements_of_a_thousand_random_decisions_are_taken(database: Database, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    set_all(database, rng)
    change_settings(database, LEAD, "where we work", time_zone=rng.choice(["Asia/Tokyo", "UTC"]))
    n = 1_000
    posted = [pd.Timestamp("2025-06-01", tz="UTC") + pd.Timedelta(hours=h) for h in range(n)]
    scored = [None if rng.random() < 0.1 else rng.random() for _ in range(n)]
    reports = [rng.choice([0, 1, 7, 10**9]) for _ in range(n)]
    columns: dict[str, Any] = {"posted_at": posted, "claim_probability": scored}
    fill(database, n, **columns, report_count=reports, statement_id=None)
    kinds = decide_at_random(database, rng, n)
    assert kinds[Decision.BREAKS_RULES] > 500
    made = exported(database)
    assert (len(made.statements), made.wrong) == (kinds[Decision.BREAKS_RULES], [])
    for statement in made.statements:
        require_taken(statement)
        assert "Ann" not in json.dumps(statement)
    assert len({statement["puid"] for statement in made.statements}) == len(made.statements)
    assert {statement["automated_detection"] for statement in made.statements} == {"Yes", "No"}
    assert verify(database).problems == []


def test_only_decisions_that_restrict_something_make_a_statement(ready: Database) -> None:
    for verdict in (OPINION, WITHIN, SKIP, ESCALATE):
        done(ready, verdict=verdict)
    assert exported(ready).statements == []
    done(ready, BORIS, breaks(ReasonCode.HEALTH))
    assert len(exported(ready).statements) == 1


def test_statement_says_what_the_team_has_set_and_what_the_queue_knows(ready: Database) -> None:
    change_settings(ready, LEAD, "where we work", time_zone="Europe/Berlin")
    done(ready, verdict=breaks(ReasonCode.FRAUD))
    (statement,) = exported(ready).statements
    facts = statement.pop("decision_facts")
    assert re.fullmatch(r"claimclf-1-[0-9a-f]{32}", statement.pop("puid"))
    assert statement == {
        "decision_visibility": [
            "DECISION_VISIBILITY_CONTENT_DEMOTED",
            "DECISION_VISIBILITY_OTHER",
        ],
        "decision_visibility_other": "Shown with a notice",
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "decision_ground_reference_url": "https://law.example/263",
        "illegal_content_legal_ground": "Criminal code, section 263",
        "illegal_content_explanation": TERMS.explanation,
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "category_specification": ["KEYWORD_OTHER", "KEYWORD_PHISHING"],
        "category_specification_other": "Fake shops",
        "content_type": ["CONTENT_TYPE_VIDEO"],
        "content_date": "2027-01-01",  # half past midnight in Berlin
        "application_date": "2027-01-15",
        "territorial_scope": ["DE", "FR"],
        "source_type": "SOURCE_TRUSTED_FLAGGER",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }
    assert "reported 60 times" in facts
    assert "0.90 (lane 'claims')" in facts
    assert "'fraud'" in facts


def test_wrong_statement_is_listed_and_stops_no_other(database: Database) -> None:
    change_restriction(database, LEAD, "to begin with", ReasonCode.HEALTH, TERMS)
    fill(
        database,
        3,
        posted_at=[pd.Timestamp("2026-05-01T00Z"), None, pd.Timestamp("2026-05-01T00Z")],
    )
    for code in (ReasonCode.HEALTH, ReasonCode.HEALTH, ReasonCode.CIVIC):
        done(database, verdict=breaks(code))
    made = exported(database)
    assert [statement["puid"].split("-")[1] for statement in made.statements] == ["1"]
    first, second = made.wrong
    assert (first.decision_id, first.video_id) == (2, "video-0000001")
    assert list(map(str, first.problems)) == ["content_date is missing"]
    assert "posting time" in first.advice
    assert {problem.attribute for problem in second.problems} == {
        *("decision_ground", "category", "source_type", "decision_visibility", "territorial_scope")
    }
    assert "'misinformation-civic' stands for" in second.advice


def test_name_of_a_statement_is_never_used_again_after_an_undoing(ready: Database) -> None:
    names = set()
    for _ in range(3):
        decided = done(ready, verdict=breaks(ReasonCode.HEALTH))
        (statement,) = exported(ready).statements
        assert exported(ready).statements == [statement]  # the same whenever it is asked for
        names.add(statement["puid"])
        undo(ready, ANNA, decided.id)
        assert exported(ready).statements == []
    assert len(names) == 3


def test_windows_hold_each_statement_once_and_name_what_was_undone_later(ready: Database) -> None:
    first = done(ready, verdict=breaks(ReasonCode.HEALTH))
    one = exported(ready)
    undo(ready, ANNA, first.id)
    again = done(ready, verdict=breaks(ReasonCode.HEALTH))
    both_here = done(ready, verdict=breaks(ReasonCode.HEALTH))
    undo(ready, ANNA, both_here.id)
    two = exported(ready, read_place(one.cursor))
    assert [s["puid"].split("-")[1] for s in two.statements] == [str(again.id)]
    assert two.undone == [one.statements[0]["puid"]]
    three = exported(ready, read_place(two.cursor))
    assert (three.statements, three.undone) == ([], [])


def test_export_is_in_the_log(ready: Database) -> None:
    exported(ready, 5)
    who, _, what, details = logged(ready)[-1]
    assert (who, what) == ("ines", "export")
    assert details == {"what": "statements-of-reasons", "since": 5, "until": None}


def test_json_is_what_the_database_takes_for_several(ready: Database) -> None:
    done(ready, verdict=breaks(ReasonCode.FRAUD))
    made = exported(ready)
    assert json.loads(as_json(made.statements)) == {"statements": made.statements}


def test_csv_has_the_names_of_the_dumps(ready: Database, tmp_path: Path) -> None:
    done(ready, verdict=breaks(ReasonCode.FRAUD))
    (statement,) = exported(ready).statements
    write_table(as_table([statement]), tmp_path / "statements.csv")
    with (tmp_path / "statements.csv").open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert row["platform_uid"] == statement.pop("puid")
    for name, value in statement.items():
        assert row[name] == (json.dumps(value) if isinstance(value, list) else value)
    assert {row[name] for name in set(row) - set(statement) - {"platform_uid"}} == {""}


def test_nothing_is_a_table_with_all_columns() -> None:
    assert next(iter(as_table([]).columns)) == "decision_visibility"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"category": ""}, "category is missing"),
    ({"category": "STATEMENT_CATEGORY_PIRACY"}, "category is none of the schema's values"),
    ({"decision_visibility": []}, "decision_visibility is missing, as are"),
    ({"decision_visibility": "DECISION_VISIBILITY_OTHER"}, "decision_visibility is no list"),
    (
        {"decision_visibility": ["DECISION_VISIBILITY_OTHER"]},
        "decision_visibility_other is missing",
    ),
    ({"decision_visibility_other": "x"}, "decision_visibility_other says something"),
    ({"category_specification": ["KEYWORD_MISINFORMATION"]}, "category_specification holds none"),
    ({"category_specification": ["KEYWORD_OTHER"]}, "category_specification_other is missing"),
    ({"territorial_scope": ["US"]}, "territorial_scope holds none"),
    ({"incompatible_content_explanation": " \n"}, "incompatible_content_explanation is missing"),
    ({"incompatible_content_explanation": "x" * 2001}, "too long: 2,001 characters, 2,000"),
    ({"incompatible_content_ground": "x" * 501}, "too long: 501 characters, 500"),
    ({"illegal_content_explanation": "x"}, "illegal_content_explanation says something"),
    ({"decision_facts": "x" * 5001}, "too long: 5,001 characters, 5,000"),
    ({"content_date": "1999-12-31"}, "content_date is before 2000-01-01"),
    ({"application_date": "2019-12-31"}, "application_date is before 2020-01-01"),
    ({"content_date": "2026-02-30"}, "content_date is no day"),
    ({"content_date": "2026-02-03 00:00:00"}, "content_date is no day"),
    ({"puid": "a b"}, "puid holds more than letters"),
    ({"puid": "é"}, "puid holds more than letters"),
    ({"puid": "x" * 501}, "puid is too long"),
    ({"automated_detection": True}, "automated_detection is none"),
    ({"automated_decision": "No"}, "automated_decision is none"),
    ({"source_type": "SOURCE_USER"}, "source_type is none"),
]


@pytest.mark.parametrize(("changed", "problem"), BAD)
def test_statement_that_would_be_refused_is_noticed(
    ready: Database, changed: dict[str, Any], problem: str
) -> None:
    done(ready, verdict=breaks(ReasonCode.HEALTH))
    (statement,) = exported(ready).statements
    assert problems_of(statement) == []
    assert any(problem in str(found) for found in problems_of({**statement, **changed}))
    with pytest.raises((AssertionError, KeyError, ValueError, TypeError)):
        require_taken({**statement, **changed})


def test_all_problems_are_listed_at_once() -> None:
    named = {problem.attribute for problem in problems_of({})}
    assert named == ALWAYS | {"decision_visibility"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"visibility": ()}, "done to the video"),
        ({"visibility": ("GONE",)}, "done to the video"),
        (
            {"visibility": ("DECISION_VISIBILITY_OTHER",)},
            "note on the other restriction is missing",
        ),
        ({"keywords": ("KEYWORD_OTHER",)}, "note on the other keyword is missing"),
        ({"keywords": ("KEYWORD_DISINFORMATION",)}, "keywords cannot be used"),
        ({"category": "fraud"}, "category cannot be used"),
        ({"ground": "because"}, "ground cannot be used"),
        ({"territorial_scope": ("EU",)}, "countries cannot be used"),
        ({"territorial_scope": ()}, "countries cannot be used"),
        ({"reference": ""}, "law or the clause is missing"),
        ({"reference": "x" * 501}, "law or the clause is too long"),
        ({"explanation": " "}, "explanation is missing"),
        ({"explanation": "x" * 2001}, "explanation is too long"),
        ({"source": "friends"}, "reports come in cannot be used"),
    ],
)
def test_reason_code_stands_for_nothing_that_would_be_refused(
    database: Database, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        change_restriction(database, LEAD, "a try", ReasonCode.HEALTH, replace(TERMS, **changed))
    assert database.read(restrictions_of) == {}


def test_what_a_reason_code_stands_for_is_in_the_log_with_what_was_before(
    database: Database,
) -> None:
    change_restriction(database, LEAD, "to begin with", ReasonCode.HEALTH, TERMS)
    change_restriction(database, LEAD, "another law", ReasonCode.HEALTH, LAW)
    assert database.read(restrictions_of) == {ReasonCode.HEALTH: LAW}
    _, _, action, details = logged(database)[-1]
    changed = details["restriction:misinformation-health"]
    assert (action, details["reason"]) == ("settings", "another law")
    assert (changed["old"]["ground"], changed["new"]["ground"]) == (TERMS.ground, LAW.ground)
    assert history(database) == []  # the other settings know nothing of it


def test_only_a_lead_says_what_a_reason_code_stands_for(database: Database) -> None:
    with pytest.raises(NotAllowedError):
        change_restriction(database, ANNA, "a try", ReasonCode.HEALTH, TERMS)


def test_event_has_the_attributes_by_what_was_set_when_it_was_decided(
    database: Database, clock: Clock
) -> None:
    fill(database, 3, posted_at=pd.Timestamp("2026-05-01T00Z"))
    webhook = Webhook("https://x.example", "a secret of 24 characters")

    def told() -> list[dict[str, Any]]:
        def read(connection: Any) -> list[dict[str, Any]]:
            entries = audit.select().where(audit.c.action == "decide").order_by(audit.c.seq)
            numbers = [row.seq for row in connection.execute(entries)]
            bodies = (message_of(connection, webhook, seq, clock()).body for seq in numbers)
            return [json.loads(body) for body in bodies]

        return database.read(read)

    done(database, verdict=breaks(ReasonCode.HEALTH))
    clock.step(1)
    change_restriction(database, LEAD, "to begin with", ReasonCode.HEALTH, TERMS)
    done(database, verdict=breaks(ReasonCode.HEALTH))
    done(database, verdict=OPINION)
    before = told()
    clock.step(1)
    change_restriction(database, LEAD, "another law", ReasonCode.HEALTH, LAW)
    change_settings(database, LEAD, "moved", time_zone="Asia/Tokyo")
    first, second, third = told()
    assert [first, second, third] == before  # the same at every try
    assert "category is missing" in first["transparency_database_problems"]
    require_taken(second["transparency_database"])
    assert second["transparency_database"]["decision_ground"] == TERMS.ground
    assert not {"transparency_database", "transparency_database_problems"} & set(third)


def test_table_of_the_manual_has_every_attribute_and_a_date() -> None:
    manual = (ROOT / "docs" / "statements-of-reasons.md").read_text("utf-8")
    assert re.search(r"As of \d{4}-\d\d-\d\d", manual)
    named = set(re.findall(r"^\| `([a-z_]+)`", manual, re.MULTILINE))
    assert named >= ALWAYS | AT_LEAST_ONE | OPTIONAL
    for value in (*transparency.VISIBILITIES, *transparency.GROUNDS, *transparency.SOURCES):
        assert f"`{value}`" in manual
    for value in (*transparency.CATEGORIES, *transparency.KEYWORDS):
        assert f"`{value}`" in manual
