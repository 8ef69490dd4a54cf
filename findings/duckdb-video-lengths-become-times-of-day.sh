#!/bin/sh
# A column of video lengths as platforms show them, minutes and seconds ("00:59", "3:10"), is
# read by DuckDB as times of day, hours and minutes: 59 seconds become 59 minutes. From CSV and
# from JSON, without a warning; one length beyond 23:59 anywhere turns the whole column to text.
# Seen with duckdb 2.0.1. Seen output:
#   CSV: TIME, longest 03:10:00
#   JSON: TIME, longest 03:10:00
#   one of 25:10 among them: VARCHAR
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
cat > "$folder/look.py" <<'PY'
import datetime
from pathlib import Path

import duckdb

Path("lengths.csv").write_text("id,length\na,00:59\nb,3:10\n")
Path("lengths.ndjson").write_text('{"length": "00:59"}\n{"length": "03:10"}\n')
Path("longer.csv").write_text("id,length\na,00:59\nb,25:10\n")


def look(call: str) -> tuple[str, object]:
    read = duckdb.sql(f"select length from {call}")
    return str(read.types[0]), max(row[0] for row in read.fetchall())


csv, json = look("read_csv('lengths.csv')"), look("read_json_auto('lengths.ndjson')")
longer = look("read_csv('longer.csv')")
print(f"CSV: {csv[0]}, longest {csv[1]}")
print(f"JSON: {json[0]}, longest {json[1]}")
print(f"one of 25:10 among them: {longer[0]}")
hours = ("TIME", datetime.time(3, 10))
raise SystemExit(0 if csv == json == hours and longer[0] == "VARCHAR" else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
