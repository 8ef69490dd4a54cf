"""Remove each guard of the source, one at a time, and see that a test fails: `make guards`.

A guard is what stands between a person and what they may not do: the capability that a service
or a lower room asks for, the wrapper of a fragment, of an action or of a file that is made at the
click, and a page's first statement. Each is taken out of a copy of the project; what no test
misses is listed, and the command fails. It takes about half an hour, so it is not in the suite.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

_SERVICES = ("tests/services/test_permissions.py",)
_SCREENS = ("tests/house/test_guarded_screens.py", "tests/app/test_guard.py")
_PAGES = ("tests/house/test_architecture.py", "tests/app/test_permissions.py", *_SCREENS)
#: What stands in place of the wrappers: the same without asking who is there now.
_UNGUARDED = """

def unguarded_fragment(*, run_every=None):
    def decorate(draw):
        return st.fragment(run_every=run_every)(
            wraps(draw)(lambda *args, **kwargs: draw(screen_person(), *args, **kwargs))
        )
    return decorate


def unguarded_action(place=None):
    def decorate(work):
        def done(*args, **kwargs):
            try:
                outcome = work(screen_person(), *args, **kwargs)
            except ClaimclfError as error:
                outcome = error
            if place is not None:
                outcomes.remember(place, outcome)
        return wraps(work)(done)
    return decorate


def unguarded_at_click(make, place=None):
    return make
"""


@dataclass(frozen=True)
class Guard:
    """A guard in one file, what the file is without it, and the tests that should miss it."""

    path: Path
    line: int
    without: str
    tests: tuple[str, ...]
    needs_unguarded: bool = False

    @property
    def name(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def guards() -> Iterator[Guard]:
    """Yield every guard that the source has."""
    sources = {
        path: path.read_text("utf-8").splitlines(keepends=True)
        for folder in ("claimclf", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    sources[ROOT / "app.py"] = (ROOT / "app.py").read_text("utf-8").splitlines(keepends=True)
    for path, lines in sources.items():
        for n, line in enumerate(lines):
            instead, tests = _without(path, line)
            if instead is not None:
                text = "".join([*lines[:n], instead, *lines[n + 1 :]])
                unguarded = "unguarded_" in instead
                yield Guard(path, n + 1, _imported(text, instead), tests, unguarded)


def _without(path: Path, line: str) -> tuple[str | None, tuple[str, ...]]:
    """Return what stands in place of a line that guards; None where it does not."""
    within = path.relative_to(ROOT).as_posix()
    if within.startswith("claimclf/services/") and (needs := re.match(r"@needs\((.+)\)", line)):
        weakest = "Capability.LOOK"
        return ("\n" if weakest in needs[1] else f"@needs({weakest})\n"), _SERVICES
    if within.startswith("claimclf/queue/") and re.match(r"\s+require\(\w+, ", line):
        room = f"tests/{'/'.join(Path(within).parts[1:3])}"
        return re.sub(r"require\(.*\)", "pass", line), (*_SERVICES, room)
    if within.startswith("claimclf/ui/") and within != "claimclf/ui/guard.py":
        if re.match(r"@(fragment|action)\(", line):
            return f"@unguarded_{line[1:]}", _SCREENS
        if "at_click(" in line and "import" not in line:
            return line.replace("at_click(", "unguarded_at_click("), _SCREENS
        if re.match(r"\s+require\(\w+, ", line):
            return re.sub(r"require\(.*\)", "pass", line), ("tests/app", "tests/ui")
    if re.match(r"person = open_page\(|open_page\(", line):
        return "person = Person('anybody', Role.ADMIN)\n", _PAGES
    return None, ()


def _imported(text: str, instead: str) -> str:
    names = re.findall(r"unguarded_\w+", instead)
    added = [f"from claimclf.ui.guard import {name}" for name in names]
    if "Role.ADMIN" in instead:
        added.append("from claimclf.people import Person, Role")
    future = "from __future__ import annotations\n"
    head, found_future, rest = text.partition(future)
    imports = "".join(f"{one}\n" for one in added)
    if not imports:
        return text
    if found_future:
        return f"{head}{future}{imports}{rest}"
    docstring = re.match(r'""".*?"""\n', text, re.DOTALL)
    end = docstring.end() if docstring else 0
    return text[:end] + imports + text[end:]


def _fail(tests: tuple[str, ...], copy: Path) -> bool:
    """Run tests in the copy and tell whether one of them fails; they must be found and start."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    ran = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stdout[-3_000:] + ran.stderr[-3_000:])
    return ran.returncode == 1


def _is_missed(guard: Guard, copy: Path) -> bool:
    """Tell whether a test fails without a guard."""
    target = copy / guard.path.relative_to(ROOT)
    wrappers = copy / "claimclf/ui/guard.py"
    before = {path: path.read_text("utf-8") for path in (target, wrappers)}
    try:
        if guard.needs_unguarded:
            wrappers.write_text(before[wrappers] + _UNGUARDED, "utf-8")
        target.write_text(guard.without, "utf-8")
        return _fail(guard.tests, copy)
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")


def _copy(folder: Path) -> Path:
    """Copy the project as it is now, without what is not its own, beside the reference data."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    copy = folder / "project"
    for name in filter(None, listed.stdout.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())
    return copy


def main() -> int:
    parser = argparse.ArgumentParser(prog="make guards", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="part of a guard's name: file:line")
    only = parser.parse_args().only
    chosen = [guard for guard in guards() if only in guard.name]
    unmissed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy(Path(folder))
        for tests in sorted({guard.tests for guard in chosen}):
            if _fail(tests, copy):
                print(f"These tests fail with every guard in place: {' '.join(tests)}")
                return 2
        for guard in chosen:
            is_missed = _is_missed(guard, copy)
            print(f"{'a test fails' if is_missed else 'NO TEST FAILS'}  {guard.name}", flush=True)
            unmissed += [] if is_missed else [guard.name]
    print(f"{len(chosen)} guards removed, one at a time; {len(unmissed)} that no test misses.")
    return 1 if unmissed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
