#!/bin/sh
# Numbers as people say them become other numbers, without an error: thousands after millions are
# counted twice in part, a point before "million" is dropped with what follows it, years are
# multiplied.
# Seen with word2number 1.1. Seen output:
#   two million three hundred thousand: 2301300
#   two point five million: 2
#   half a million: 1000000
#   twenty thirty one: 601
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check word2number==1.1
cat > "$folder/look.py" <<'PY'
from word2number.w2n import word_to_num

SEEN = {
    "two million three hundred thousand": 2_301_300,
    "two point five million": 2,
    "half a million": 1_000_000,
    "twenty thirty one": 601,
}
found = {words: word_to_num(words) for words in SEEN}
for words, number in found.items():
    print(f"{words}: {number}")
raise SystemExit(0 if found == SEEN else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
