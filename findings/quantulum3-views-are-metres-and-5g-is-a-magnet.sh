#!/bin/sh
# Units are looked for in capital letters too: "1.2M views" are 1.2 metres, "5G" is five gauss, and
# "5 to 10 percent" is one quantity of 7.5 with an uncertainty of 2.5. Nothing says that the letter
# is more often a million or a generation.
# Seen with quantulum3 0.10.0 without its classifier. Seen output:
#   1.2M views: 1.2 metre
#   5G towers: 5.0 gauss
#   5 to 10 percent of people: 7.5 percentage
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quantulum3==0.10.0
cat > "$folder/look.py" <<'PY'
from quantulum3 import parser

SEEN = {
    "1.2M views": [(1.2, "metre")],
    "5G towers": [(5.0, "gauss")],
    "5 to 10 percent of people": [(7.5, "percentage")],
}
found = {text: [(one.value, one.unit.name) for one in parser.parse(text)] for text in SEEN}
for text, quantities in found.items():
    print(f"{text}: {', '.join(f'{value} {unit}' for value, unit in quantities)}")
raise SystemExit(0 if found == SEEN else "It has changed.")
PY
"$folder/venv/bin/python" -W ignore "$folder/look.py"
