#!/bin/sh
# An export of labels in which one row stands twice (same person, same video, same label) changes
# NLTK's agreement: kappa falls, alpha rises, the observed agreement stays. No error, though
# a video that one person alone has labelled is one (StopIteration inside a generator).
# Seen with nltk 3.10.4. Seen output:
#   each row once: kappa 0.500, alpha 0.531, observed 0.750
#   one row twice: kappa 0.429, alpha 0.556, observed 0.750
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nltk==3.10.4
cat > "$folder/look.py" <<'PY'
from nltk.metrics.agreement import AnnotationTask

LABELS = {"anna": "ccccoooo", "boris": "cccooooc"}
ROWS = [(who, n, label) for who, labels in LABELS.items() for n, label in enumerate(labels)]


def look(rows: list[tuple[str, int, str]]) -> tuple[float, float, float]:
    task = AnnotationTask(data=rows)
    return round(task.kappa(), 3), round(task.alpha(), 3), round(task.avg_Ao(), 3)


once, twice = look(ROWS), look([*ROWS, ("anna", 0, "c")])
for name, (kappa, alpha, observed) in {"each row once": once, "one row twice": twice}.items():
    print(f"{name}: kappa {kappa:.3f}, alpha {alpha:.3f}, observed {observed:.3f}")
same = once[2] == twice[2]
raise SystemExit(0 if same and twice[0] < once[0] and twice[1] > once[1] else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
