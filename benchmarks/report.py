"""What benchmarks found, how it compares with the last time, and docs/benchmarks.md.

Times differ between machines; what is promised and compared are ratios to a reference that was
measured in the same run.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from claimclf.modeling.store.card import markdown_table
from claimclf.paths import ROOT

REPORT = ROOT / "docs" / "benchmarks.md"
#: The same figures for programs; the next run compares with them.
KEPT = ROOT / "docs" / "benchmarks.json"
#: A ratio is worse from this factor on.
WORSE = 1.2
TIMES = "times"
_PACKAGES = ("streamlit", "pandas", "pyarrow", "scikit-learn", "xgboost-cpu", "sqlalchemy")


@dataclass(frozen=True)
class Result:
    """One figure.

    Parameters
    ----------
    name : str
        What was measured; unique in its benchmark.
    value : float
        The median, or what the name says.
    unit : str
        `TIMES` for a ratio to the reference.
    reference : str
        Against what it was measured in the same run.
    limit : float or None
        What is promised; None where nothing is.
    spread : tuple of float or None
        The lowest and the highest of the repeats.
    more_is_better : bool
        Whether the limit is the least, rather than the most, that is promised.
    """

    name: str
    value: float
    unit: str = TIMES
    reference: str = ""
    limit: float | None = None
    spread: tuple[float, float] | None = None
    more_is_better: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is what was promised."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.more_is_better else self.value <= self.limit

    def __str__(self) -> str:
        promised = "" if self.limit is None else f", promised {self._bound()}"
        broken = "" if self.is_kept else " BROKEN"
        return f"{self.name}: {figure(self.value)} {self.unit}{promised}{broken}"

    def _bound(self) -> str:
        side = "at least" if self.more_is_better else "at most"
        return "" if self.limit is None else f"{side} {figure(self.limit)}"

    def row(self, last: Result | None) -> tuple[str, ...]:
        """Return the figure's line in a table, beside the last time's."""
        spread = "" if self.spread is None else " to ".join(map(figure, self.spread))
        promised = f"{self._bound()}{'' if self.is_kept else ' **not kept**'}"
        before = "" if last is None else figure(last.value)
        value = f"{figure(self.value)} {self.unit}"
        return self.name, value, spread, promised, self.reference, before


@dataclass(frozen=True)
class Run:
    """One benchmark's figures and where they were measured.

    Parameters
    ----------
    at : str
        ISO 8601, UTC.
    machine, versions : str
        Cores, memory and processor; Python and packages.
    results : list of Result
        In the order in which they are shown.
    """

    at: str
    machine: str
    versions: str
    results: list[Result]


def now_run(results: Iterable[Result]) -> Run:
    """Say of figures that they were measured here and now."""
    at = datetime.now(UTC).isoformat(timespec="minutes")
    return Run(at, machine(), versions(), list(results))


def machine() -> str:
    """Name cores, memory and processor."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> str:
    """Name Python's version and those of the packages that the figures depend on."""
    return ", ".join([f"Python {platform.python_version()}", *_installed()])


def _installed() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def read(file: Path = KEPT) -> dict[str, Run]:
    """Return the last figures by benchmark; none where there is no file of them."""
    if not file.is_file():
        return {}
    return {name: _run(values) for name, values in json.loads(file.read_text("utf-8")).items()}


def _run(values: Mapping[str, Any]) -> Run:
    results = [
        Result(**{**result, "spread": result["spread"] and tuple(result["spread"])})
        for result in values["results"]
    ]
    return Run(values["at"], values["machine"], values["versions"], results)


def write(measured: Mapping[str, Run], last: Mapping[str, Run], file: Path = KEPT) -> str:
    """Keep figures for the next time, those that were not measured now as they were.

    Returns
    -------
    str
        The report, as Markdown.
    """
    runs = {**last, **measured}
    records = {name: asdict(runs[name]) for name in sorted(runs)}
    file.write_text(json.dumps(records, indent=1, default=float) + "\n", "utf-8")
    return "\n\n".join(report(measured, last)) + "\n"


def report(measured: Mapping[str, Run], last: Mapping[str, Run]) -> Iterator[str]:
    """Yield the report's paragraphs."""
    yield "# Benchmarks"
    yield (
        "Written by `make bench`. Each figure is a median over repeats of one run, and ratios "
        "are to the reference named beside them, measured in the same run; *before* is the last "
        "report's figure, on whatever machine that was."
    )
    runs = {**last, **measured}
    yield "## Changes"
    yield "\n".join(f"- {line}" for line in [*changes(measured, last)] or ["None to speak of."])
    for name in sorted(runs):
        run = runs[name]
        before = (
            {result.name: result for result in _results(last, name)} if name in measured else {}
        )
        head = ("what", "median", "spread", "promised", "against", "before")
        rows = [result.row(before.get(result.name)) for result in run.results]
        yield f"## {name}"
        yield f"{run.at}; {run.machine}; {run.versions}."
        yield markdown_table([head, *rows])


def changes(measured: Mapping[str, Run], last: Mapping[str, Run]) -> Iterator[str]:
    """Yield what is broken, worse than the last time, new or gone, in words."""
    for name, run in measured.items():
        before = {result.name: result for result in _results(last, name)}
        for result in run.results:
            if not result.is_kept:
                yield f"{name}: {result.name} is not what is promised."
        yield from (f"{name}: {words}" for words in _worse(run.results, before))
        now = {result.name for result in run.results}
        if name in last:
            yield from (f"{name}: {new} is new." for new in sorted(now - set(before)))
            yield from (f"{name}: {gone} is gone." for gone in sorted(set(before) - now))


def _results(runs: Mapping[str, Run], name: str) -> Sequence[Result]:
    return runs[name].results if name in runs else []


def _worse(results: Iterable[Result], before: Mapping[str, Result]) -> Iterator[str]:
    for result in results:
        last = before.get(result.name)
        if result.unit != TIMES or last is None:
            continue
        new, old = result.value, last.value
        if (old > new * WORSE) if result.more_is_better else (new > old * WORSE):
            yield f"{result.name} is worse: {figure(new)} times, and {figure(old)} before."


def figure(value: float) -> str:
    """Write a figure with three digits, large ones whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
