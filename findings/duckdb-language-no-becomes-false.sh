#!/bin/sh
# A column of language codes in which every video is Norwegian ("no", or nothing) is read by
# DuckDB as booleans: the language is false. One video in English, and it is text again, so that
# two exports of one program get columns of two types.
# Seen with duckdb 2.0.1. Seen output:
#   no, no, none: BOOLEAN [(False,), (False,), (None,)]
#   no, no, en: VARCHAR [('no',), ('no',), ('en',)]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
cat > "$folder/look.py" <<'PY'
from pathlib import Path

import duckdb


def look(last: str) -> tuple[str, list[tuple[object, ...]]]:
    Path("videos.csv").write_text(f"id,language\na,no\nb,no\nc,{last}\n")
    read = duckdb.sql("select language from read_csv('videos.csv')")
    return str(read.types[0]), read.fetchall()


norwegian, mixed = look(""), look("en")
print("no, no, none:", *norwegian)
print("no, no, en:", *mixed)
as_seen = norwegian == ("BOOLEAN", [(False,), (False,), (None,)]) and mixed[0] == "VARCHAR"
raise SystemExit(0 if as_seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
