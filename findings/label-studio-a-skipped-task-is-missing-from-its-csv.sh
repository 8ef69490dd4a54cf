#!/bin/sh
# A task that nobody has looked at is a row of Label Studio's CSV, and one that somebody looked at
# and left without a label as well; one that a person skipped is none: the file is shorter than the
# project, without a word. Of two labels chosen by one person the cell is JSON, of one it is text.
# Seen with label-studio-sdk 2.1.2. Seen output:
#   task 1: claim
#   task 2: no row
#   task 3: no label
#   task 4: no label
#   task 5: {"choices":["claim","opinion"]}
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check label-studio-sdk==2.1.2
cat > "$folder/look.py" <<'PY'
import csv
import json
import sys
from pathlib import Path

from label_studio_sdk.converter import Converter

folder = Path(sys.argv[1])
VIEW = """<View><Text name="text" value="$text"/><Choices name="label" toName="text"
choice="multiple"><Choice value="claim"/><Choice value="opinion"/></Choices></View>"""


def task(number: int, *looks: tuple[list[str], bool]) -> dict[str, object]:
    """A task and what people did: the labels of each, and whether it was skipped."""
    annotations = []
    for chosen, skipped in looks:
        label = {"from_name": "label", "to_name": "text", "type": "choices",
                 "value": {"choices": chosen}}
        annotations.append({"id": number, "completed_by": {"email": "someone@example.org"},
                            "was_cancelled": skipped, "result": [label] if chosen else []})
    return {"id": number, "data": {"text": f"text {number}"}, "annotations": annotations}


tasks = [task(1, (["claim"], False)), task(2, ([], True)), task(3, ([], False)), task(4),
         task(5, (["claim", "opinion"], False))]
given = folder / "tasks.json"
given.write_text(json.dumps(tasks))
Converter(VIEW, str(folder)).convert(str(given), str(folder / "out"), "CSV", is_dir=False)
(written,) = (folder / "out").rglob("*.csv")
with written.open(newline="") as stream:
    labels = {row["id"]: row["label"] or "no label" for row in csv.DictReader(stream)}
found = [labels.get(str(number), "no row") for number in range(1, 6)]
for number, label in enumerate(found, 1):
    print(f"task {number}: {label}")
seen = ["claim", "no row", "no label", "no label", '{"choices":["claim","opinion"]}']
raise SystemExit(0 if found == seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py" "$folder" 2>/dev/null
