#!/bin/sh
# View counts as platforms show them ("1.2M", "3M") are read by agate, on which csvkit stands, as
# lengths of time: 1,200,000 views are one minute and twelve seconds. No warning; a single "20K"
# among them turns the column to text.
# Seen with agate 1.14.2 and pytimeparse 1.1.10. Seen output:
#   1.2M, 3M: TimeDelta 0:01:12 0:03:00
#   1.2M, 20K: Text 1.2M 20K
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check agate==1.14.2 pytimeparse==1.1.10
cat > "$folder/look.py" <<'PY'
import io
from datetime import timedelta

import agate


def look(*counts: str) -> tuple[str, list[object]]:
    table = agate.Table.from_csv(io.StringIO("\n".join(["views", *counts, ""])))
    column = table.columns["views"]
    name = type(column.data_type).__name__
    print(f"{', '.join(counts)}: {name}", *column.values())
    return name, list(column.values())


millions, mixed = look("1.2M", "3M"), look("1.2M", "20K")
as_seen = millions == ("TimeDelta", [timedelta(seconds=72), timedelta(minutes=3)])
raise SystemExit(0 if as_seen and mixed[0] == "Text" else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
