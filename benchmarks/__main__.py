"""Run benchmarks and write docs/benchmarks.md: python -m benchmarks [NAME ...]."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from importlib.util import find_spec

from benchmarks.report import REPORT, changes, now_run, read, write
from claimclf.paths import ROOT

#: Each is a module here whose `results` measures and returns its figures.
NAMES = (
    "score",
    "command",
    "scale",
    "formats",
    "cluster",
    "queue",
    "uploads",
    "console",
    "pages",
    "moderators",
    "both_doors",
    "model",
    "search",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen benchmarks, or all; return 1 where a promise is not kept."""
    known = [name for name in NAMES if find_spec(f"benchmarks.{name}")]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    names = parser.parse_args(arguments).names or known
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Choose from {', '.join(known)}.")
    last, runs = read(), {}
    for name in names:
        print(f"{name} ...", flush=True)
        runs[name] = now_run(import_module(f"benchmarks.{name}").results())
        # Written after each benchmark: its figures stay when a later one is stopped.
        REPORT.write_text(write(runs, last), "utf-8")
    for line in changes(runs, last):
        print(line)
    print(f"written: {REPORT.relative_to(ROOT)}")
    return 0 if all(result.is_kept for run in runs.values() for result in run.results) else 1


if __name__ == "__main__":
    sys.exit(main())
