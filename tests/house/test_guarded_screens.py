"""What a click does on a screen goes through the guard; read from the source, so new ones too."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import claimclf.ui
from claimclf.ui import guard
from tests.house.test_architecture import PAGES
from tests.services.test_permissions import ASK_NOBODY, FUNCTIONS

MODULES = [
    import_module(module.name)
    for module in pkgutil.walk_packages(claimclf.ui.__path__, "claimclf.ui.")
    if not module.ispkg
]
#: Services that only look, or that a screen asks for by itself while it is there.
LOOK = ASK_NOBODY | {
    *("queue.list_cases", "queue.counts", "queue.last_change", "queue.held_cases"),
    *("queue.today", "texts.open_texts", "triage.prepare"),
    "queue.holds_real_cases",
    *("queue.case_history", "queue.briefing", "queue.saved_views", "queue.settings_in_force"),
    *("queue.held_case", "queue.my_preferences", "queue.team_report", "queue.settings_history"),
    *("queue.renew", "queue.dead_letters", "queue.decided_cases", "queue.own_decisions"),
    "learning.decisions_to_learn_from",
    *("shadow.shadow_report", "learning.lanes_by_week"),
    *("agreement.own_agreement", "agreement.own_settled_differences"),
    *("agreement.team_agreement", "agreement.differences", "agreement.settled_cases"),
    *("monitoring.missed_by_week", "monitoring.uploads", "monitoring.certify"),
    *("monitoring.what_if_basis", "monitoring.watch"),
}
_CALLBACKS = {"on_click", "on_change", "on_select", "on_submit", "callback"}


def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def values(node: ast.expr) -> list[ast.expr]:
    """What an expression can be, where it chooses between two."""
    if isinstance(node, ast.IfExp):
        return [*values(node.body), *values(node.orelse)]
    return [node]


def parameters(tree: ast.Module) -> set[str]:
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def test_whatever_a_widget_calls_is_an_action() -> None:
    handed_on = set()
    for module in MODULES:
        tree = tree_of(module)
        for node in ast.walk(tree):
            if not isinstance(node, ast.keyword) or node.arg not in _CALLBACKS:
                continue
            for value in values(node.value):
                words = ast.unparse(value)
                if isinstance(value, ast.Constant):
                    assert value.value in ("ignore", "rerun"), words
                elif words in parameters(tree):
                    handed_on.add(f"{module.__name__}.{words}")
                else:
                    called = eval(words, vars(module))  # noqa: S307
                    assert called in guard.ACTIONS.values(), f"{module.__name__}: {words}"
    assert handed_on == {"claimclf.ui.lead.giving.act", "claimclf.ui.bulk.form.on_click"}


def test_each_file_for_download_is_made_at_the_click() -> None:
    """Streamlit keeps what is made before, and gives it to whoever knows its address."""
    n_files = 0
    for module in MODULES:
        tree = tree_of(module)
        made = {
            node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and ast.unparse(node.value).startswith("at_click(")
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("download_button"):
                words = ast.unparse(call.args[1])
                assert words.startswith("at_click(") or words in made, f"{module}: {words}"
                n_files += 1
    assert n_files > 5


def test_pages_have_no_callbacks_of_their_own() -> None:
    for path in PAGES:
        tree = ast.parse(path.read_text("utf-8"))
        words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
        assert not words & _CALLBACKS, path


def services_of(tree: ast.AST, module: ModuleType) -> Iterator[str]:
    """Services that a piece of code names, such as `queue.decide`."""
    services = {id(function): name for name, function in FUNCTIONS.items()}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("claimclf.services"):
            taken = [getattr(import_module(str(node.module)), one.name) for one in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            taken = [getattr(vars(module).get(node.value.id), node.attr, None)]
        elif isinstance(node, ast.Name):
            taken = [vars(module).get(node.id)]
        else:
            continue
        yield from (services[id(one)] for one in taken if id(one) in services)


def n_uses(name: str, tree: ast.AST) -> int:
    """Count where a function is named."""
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def test_what_a_person_may_is_asked_of_the_one_who_is_there_now() -> None:
    """Whoever was there when the page was drawn may have another role by the time of the click."""
    asking = [
        one
        for module in MODULES
        for one in ast.walk(tree_of(module))
        if isinstance(one, ast.FunctionDef) and n_uses("require", one)
    ]
    assert asking
    for one in asking:
        wrappers = {ast.unparse(wrapper).partition("(")[0] for wrapper in one.decorator_list}
        assert wrappers & {"action", "fragment"}, one.name


def test_what_keeps_something_for_whoever_presses_is_asked_who_that_is() -> None:
    """An action that needs to know nobody is one all the same: it is for who is there now."""
    keeping = [
        one
        for module in MODULES
        for one in ast.walk(tree_of(module))
        if isinstance(one, ast.FunctionDef)
        and ast.unparse(one.args).startswith("_person")
        and "st.session_state[" in ast.unparse(one)
    ]
    assert len(keeping) > 3
    for one in keeping:
        wrappers = {ast.unparse(wrapper).partition("(")[0] for wrapper in one.decorator_list}
        assert wrappers & {"action", "fragment"}, one.name


def test_what_is_more_than_a_look_is_asked_for_by_actions_alone() -> None:
    """Helpers count as part of what uses them; the guard itself ends holds.

    A helper that is handed to `at_click`, and nowhere else, asks who is there as an action does.
    """
    for module in MODULES:
        tree = tree_of(module)
        functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        used_by = {
            name: {
                other.name
                for other in functions.values()
                for node in ast.walk(other)
                if isinstance(node, ast.Name) and node.id == name and other.name != name
            }
            for name in functions
        }

        at_clicks = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "at_click"
        ]

        def is_made_at_click(
            name: str, tree: ast.Module = tree, calls: list[ast.Call] = at_clicks
        ) -> bool:
            n_guarded = sum(n_uses(name, call) for call in calls)
            return 0 < n_guarded == n_uses(name, tree)

        def is_within_actions(
            name: str, module: ModuleType = module, used_by: dict[str, set[str]] = used_by
        ) -> bool:
            if vars(module)[name] in guard.ACTIONS.values() or is_made_at_click(name):
                return True
            users = used_by[name]
            return name.startswith("_") and bool(users) and all(map(is_within_actions, users))

        for name, function in functions.items():
            for service in set(services_of(function, module)) - LOOK:
                by_guard = (module.__name__, service) == ("claimclf.ui.guard", "queue.end_holds")
                assert by_guard or is_within_actions(name), f"{module.__name__}.{name}: {service}"


def test_pages_only_look() -> None:
    for path in PAGES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "claimclf.services."
            ):
                room = str(node.module).removeprefix("claimclf.services.")
                assert {f"{room}.{one.name}" for one in node.names} <= LOOK, path
