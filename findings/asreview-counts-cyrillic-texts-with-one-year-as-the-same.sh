#!/bin/sh
# ASReview counts records as duplicates whose Latin letters and digits are the same; all other
# letters are taken away before. So two Russian texts that have nothing in common but a year are
# duplicates, and a Russian text that stands there twice is none where it has neither.
# Seen with asreview 3.0.8. Seen output:
#   two texts with one year: duplicate True
#   the same text twice: duplicate False
#   the same text twice, in English: duplicate True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check asreview==3.0.8
cat > "$folder/look.py" <<'PY'
import pandas as pd
from asreview.data.utils import duplicated

PAIRS = {
    "two texts with one year": ("Выборы отменят в 2031 году", "Налоги снизят в 2031 году"),
    "the same text twice": ("Луна сделана из сыра", "Луна сделана из сыра"),
    "the same text twice, in English": ("The moon is cheese", "The moon is cheese"),
}
found = []
for name, texts in PAIRS.items():
    records = pd.DataFrame({"title": ["", ""], "abstract": list(texts)})
    found.append(bool(duplicated(records)[1]))
    print(f"{name}: duplicate {found[-1]}")
raise SystemExit(0 if found == [True, False, True] else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
