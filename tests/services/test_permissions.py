"""Who may ask for which service: one table, which the code and the manual must equal."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from claimclf import people, services
from claimclf.errors import NotAllowedError
from claimclf.people import CAPABILITIES, Capability, Person, Role
from claimclf.queue.storage.database import Database
from tests.conftest import ROOT
from tests.documents import tables

ANALYST, MODERATOR, LEAD, ADMIN = Role.ANALYST, Role.MODERATOR, Role.LEAD, Role.ADMIN
EVERYBODY = {ANALYST, MODERATOR, LEAD, ADMIN}
REVIEWERS = {MODERATOR, LEAD, ADMIN}
LEADS = {LEAD, ADMIN}
ANALYSTS = {ANALYST, LEAD, ADMIN}
ADMINS = {ADMIN}

#: Service -> the roles that may ask for it. A new one must be entered here and in the manual.
MAY_ASK: dict[str, set[Role]] = {
    "queue.list_cases": EVERYBODY,
    "queue.counts": EVERYBODY,
    "queue.decided_cases": EVERYBODY,
    "queue.holds_real_cases": EVERYBODY,
    "queue.last_change": EVERYBODY,
    "texts.open_texts": EVERYBODY,
    "queue.held_cases": EVERYBODY,
    "queue.today": EVERYBODY,
    "queue.case_history": EVERYBODY,
    "queue.briefing": EVERYBODY,
    "queue.saved_views": EVERYBODY,
    "queue.save_view": EVERYBODY,
    "queue.delete_view": EVERYBODY,
    "queue.settings_in_force": EVERYBODY,
    "queue.end_holds": EVERYBODY,
    "queue.store_file": REVIEWERS,
    "queue.store_ranked": REVIEWERS,
    "queue.take_back": REVIEWERS,
    "queue.next_case": REVIEWERS,
    "queue.held_case": REVIEWERS,
    "queue.take_case": REVIEWERS,
    "queue.renew": REVIEWERS,
    "queue.release": REVIEWERS,
    "queue.hand_on": REVIEWERS,
    "queue.decide": REVIEWERS,
    "queue.undo": REVIEWERS,
    "queue.own_decisions": REVIEWERS,
    "queue.decide_cases": REVIEWERS,
    "queue.preview_statement": REVIEWERS,
    "queue.decide_statement": REVIEWERS,
    "queue.undo_bulk": REVIEWERS,
    "queue.my_preferences": REVIEWERS,
    "queue.save_preferences": REVIEWERS,
    "queue.take_over": LEADS,
    "queue.reassign": LEADS,
    "queue.reopen": LEADS,
    "queue.rescore_open": LEADS,
    "queue.team_report": LEADS,
    "queue.settings_history": LEADS,
    "queue.change_settings": LEADS,
    "queue.dead_letters": LEADS,
    "queue.requeue": LEADS,
    "agreement.own_agreement": REVIEWERS,
    "agreement.own_settled_differences": REVIEWERS,
    "agreement.see_settled": REVIEWERS,
    "agreement.team_agreement": LEADS,
    "agreement.differences": LEADS,
    "agreement.rule_on_difference": LEADS,
    "agreement.settled_cases": LEADS,
    "agreement.settle_case": LEADS,
    "agreement.unsettle_case": LEADS,
    "shadow.score_shadow": REVIEWERS,
    "shadow.score_beside": REVIEWERS,
    "shadow.set_shadow": LEADS,
    "shadow.shadow_report": LEADS,
    "promotion.promote": ANALYSTS,
    "promotion.go_back": ANALYSTS,
    "promotion.promote_by_rule": ANALYSTS,
    "queue.verify_audit": ANALYSTS,
    "queue.export": ANALYSTS,
    "intake.receive_reports": REVIEWERS,
    "intake.withdraw_report": REVIEWERS,
    "intake.amend_report": REVIEWERS,
    "intake.set_aside_reporter": REVIEWERS,
    "intake.store_waiting": REVIEWERS,
    "intake.video_case": EVERYBODY,
    "intake.waiting_reports": EVERYBODY,
    "intake.decisions_since": ANALYSTS,
    "tokens.make_token": ADMINS,
    "tokens.revoke_token": ADMINS,
    "tokens.list_tokens": ADMINS,
    "reasons.restrictions": EVERYBODY,
    "reasons.change_restriction": LEADS,
    "reasons.statements_of_reasons": ANALYSTS,
    **dict.fromkeys(
        (
            "monitoring.missed_by_week",
            "monitoring.uploads",
            "monitoring.certify",
            "monitoring.what_if_basis",
            "monitoring.watch",
        ),
        LEADS,
    ),
    "models.set_threshold": ANALYSTS,
    "models.set_error_rates": ANALYSTS,
    "models.overrule": ANALYSTS,
    "models.back_to_rule": ANALYSTS,
    "models.follow_rule": ANALYSTS,
    "training.train_models": ANALYSTS,
    "training.search_models": ANALYSTS,
    "training.keep": ANALYSTS,
    "learning.decisions_to_learn_from": ANALYSTS,
    "learning.learn": ANALYSTS,
    "learning.calibrate_lanes": ANALYSTS,
    "learning.lanes_by_week": LEADS,
    "stress.record_stress": ANALYSTS,
    "queue.backup": ADMINS,
    "queue.restore": ADMINS,
    "queue.deliver_events": ADMINS,
}

#: Services that change nothing that is shared and read nothing of the queue: whoever has the
#: file, the dataset or the model at hand may ask. Pages are guarded as a whole.
ASK_NOBODY = {
    "arguments.check_arguments",
    "by_source.cut_off_on",
    "by_source.differing",
    "by_source.matrix_on",
    "by_source.pairs_by_features",
    "by_source.readable_on",
    "by_source.sources_of",
    "comparison.class_report",
    "comparison.figures_at",
    "comparison.judge",
    "comparison.mistakes",
    "comparison.paired",
    "comparison.rows_of",
    "comparison.slice_figures",
    "curves.curves_of",
    "curves.score_bins",
    "curves.summaries",
    "databases.open_queue",
    "datasets.open_dataset",
    "figures.as_record",
    "figures.undefined_of",
    "learning.read_decisions",
    "learning.said",
    "datasets.open_default_dataset",
    "datasets.open_demo_dataset",
    "datasets.open_table",
    "explaining.contributions_of",
    "explaining.explain_row",
    "explaining.explain_video",
    "explaining.moving_words",
    "export.comparison_html",
    "intake.digest_of",
    "intake.read_changes",
    "intake.read_cursor",
    "intake_stress.account",
    "intake_stress.post",
    "intake_stress.record_of",
    "intake_stress.send_all",
    "intake_stress.send_share",
    "intake_stress.served",
    "intake_stress.start_server",
    "intake_stress.stress_intake",
    "intake_stress.video_of",
    "intake_stress.wait_until_stored",
    "reported.frame_of",
    "tokens.person_of",
    "inspecting.account_of",
    "inspecting.columns_read",
    "inspecting.inspect_file",
    "inspecting.inspect_table",
    "inspecting.remarks_of",
    "inspecting.require_read",
    "inspecting.sentence_of",
    "lanes.choices",
    "lanes.consequences",
    "lanes.kinds_with_lanes",
    "lanes.prices",
    "lanes.promised_and_measured",
    "links.from_query",
    "links.to_query",
    "mappings.columns_key",
    "mappings.fits",
    "mappings.fitting",
    "mappings.read_choice",
    "mappings.reading",
    "mappings.write_choice",
    "models.evaluate_model",
    "loading.load_model",
    "monitoring.monday",
    "monitoring.outlook_at",
    "monitoring.round_number",
    "monitoring.source_of",
    "names.person_name",
    "permissions.needs",
    "silent_views.silent_views",
    "serving.exposed",
    "serving.is_local",
    "serving.require_login_packages",
    "serving.serve",
    "serving.token_in_use",
    "streaming.ranked_file",
    "streaming.score_file",
    "streaming.understood",
    "streaming.working_folder",
    "agreement.is_small",
    "promotion.before",
    "promotion.fulfils",
    "stress.as_records",
    "stress.hidden_columns",
    "stress.read_elsewhere",
    "stress.read_texts",
    "stress.readable_stress",
    "stress.readable_trade_off",
    "stress.stress_model",
    "stress_results.stress_table",
    "stress.stressed",
    "stress.without_held_out",
    "stored_models.answers",
    "stored_models.at_a_glance",
    "stored_models.at_worst",
    "stored_models.challengers",
    "stored_models.champion_of",
    "stored_models.open_store",
    "stored_models.overruled_champion",
    "stored_models.own_texts",
    "stored_models.rule_table",
    "texts.labelled_files",
    "texts.labelled_texts",
    "texts.read_labelled",
    "texts.upload_texts",
    "training.search_recipe",
    "triage.filtered",
    "triage.languages",
    "triage.newness",
    "triage.prepare",
    "triage.reranked",
    "triage.top",
    "triage.triage",
}

#: Capability -> the roles that have it.
HAVE: dict[Capability, set[Role]] = {
    Capability.LOOK: EVERYBODY,
    Capability.REVIEW: REVIEWERS,
    Capability.LEAD: LEADS,
    Capability.READ_LOG: ANALYSTS,
    Capability.STUDY: ANALYSTS,
    Capability.MANAGE_MODELS: ANALYSTS,
    Capability.OPERATE: ADMINS,
}


def public_functions() -> dict[str, Callable[..., Any]]:
    """Return every public function that a module of the services defines, by module and name."""
    functions = {}
    for module in pkgutil.iter_modules(services.__path__):
        defined = import_module(f"{services.__name__}.{module.name}")
        for name, function in inspect.getmembers(defined, inspect.isfunction):
            if function.__module__ == defined.__name__ and not name.startswith("_"):
                functions[f"{module.name}.{name}"] = function
    return functions


FUNCTIONS = public_functions()


class Untouched(Database):
    """A database that fails when it is used."""

    def __init__(self) -> None:
        self.used = False

    def __getattribute__(self, name: str) -> Any:
        if name in ("used", "__class__", "__dict__"):
            return super().__getattribute__(name)
        self.used = True
        raise LookupError("used")


def test_every_service_is_in_the_table() -> None:
    assert set(FUNCTIONS) == set(MAY_ASK) | ASK_NOBODY


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(MAY_ASK)))
def test_service_that_asks_nobody_takes_neither_queue_nor_person(name: str) -> None:
    assert not {"database", "person", "_person"} & set(
        inspect.signature(FUNCTIONS[name]).parameters
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", MAY_ASK)
def test_service_serves_the_roles_of_the_table_and_touches_nothing_for_others(
    name: str, role: Role
) -> None:
    service, database = FUNCTIONS[name], Untouched()
    needed = [
        parameter
        for parameter in inspect.signature(service).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    arguments = [None] * (len(needed) - 2)
    with pytest.raises(Exception) as raised:  # noqa: PT011
        service(database, Person("ana", role), *arguments)
    refused = isinstance(raised.value, NotAllowedError)
    assert refused is (role not in MAY_ASK[name])
    assert not (refused and database.used)


def test_roles_have_the_capabilities_of_the_table() -> None:
    assert set(CAPABILITIES) == set(Role)
    for capability in Capability:
        having = {role for role in Role if Person("ana", role).may(capability)}
        assert having == HAVE[capability], capability


def roles_in(row: dict[str, str]) -> set[Role]:
    """Return the roles for which a row of the manual says yes; the others must say no."""
    answers = {role: row[role] for role in Role}
    assert set(answers.values()) <= {"yes", "no"}, row
    return {role for role, answer in answers.items() if answer == "yes"}


def test_manual_says_which_role_has_which_capability() -> None:
    capabilities, _, _ = tables("permissions.md")
    assert {row["capability"]: roles_in(row) for row in capabilities} == HAVE


def test_manual_says_which_role_may_ask_for_which_service() -> None:
    *_, written = tables("permissions.md")
    roles, needed = {}, {}
    for row in written:
        for name in re.findall(r"`([\w.]+)`", row["services"]):
            assert name not in roles, name
            roles[name], needed[name] = roles_in(row), row["needs"]
    assert roles == MAY_ASK
    assert needed == {name: FUNCTIONS[name].capability for name in MAY_ASK}  # type: ignore[attr-defined]


def test_refusal_names_the_roles_that_may() -> None:
    with pytest.raises(NotAllowedError, match=r"the role analyst or lead or admin\. Found: ana "):
        people.require(Person("ana"), Capability.READ_LOG)


def test_only_one_file_knows_which_role_is_which() -> None:
    """A new role must need no change elsewhere: nothing else names one or compares with one."""
    sources = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "claimclf").rglob("*.py")]
    for path in sources:
        if path == ROOT / "claimclf" / "people.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert not (node.value.id == "Role" and node.attr in Role.__members__), path
            if isinstance(node, ast.Compare):
                assert not {name.attr for name in _attributes(node)} & {"role", "roles"}, path


def test_models_are_changed_by_services_alone() -> None:
    """What changes a model asks nobody and logs nothing: only services may use it."""
    changes = {"set_threshold", "set_error_rates", "set_stress", "point_at"}
    of_the_champion = {"overrule", "back_to_rule", "follow_rule"}
    folders = ("claimclf/ui", "claimclf/cli", "pages")
    for path in [file for folder in folders for file in (ROOT / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in changes, path
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "claimclf.modeling.store.champion"
            ):
                assert not {name.name for name in node.names} & of_the_champion, path


def _attributes(node: ast.Compare) -> list[ast.Attribute]:
    return [side for side in (node.left, *node.comparators) if isinstance(side, ast.Attribute)]
