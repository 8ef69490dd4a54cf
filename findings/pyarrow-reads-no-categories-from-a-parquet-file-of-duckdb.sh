#!/bin/sh
# DuckDB writes texts of a Parquet file in its second form (PARQUET_VERSION V2) behind their
# lengths, DELTA_LENGTH_BYTE_ARRAY. PyArrow reads such a file, but not where it is asked for texts as
# a dictionary (read_dictionary), which keeps a text in memory once: that raises an OSError, as a
# damaged file does. The same table in the first form is read both ways.
# Seen with duckdb 2.0.1 and pyarrow 26.0.1. Seen output:
#   V1: as texts 3 rows, as a dictionary 3 rows
#   V2: as texts 3 rows, as a dictionary OSError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1
cat > "$folder/look.py" <<'PY'
import duckdb
import pyarrow.parquet as pq


def rows(version: str, *by_number: str) -> str:
    try:
        table = pq.ParquetFile(f"{version}.parquet", read_dictionary=list(by_number)).read()
    except OSError as error:
        return type(error).__name__
    return f"{table.num_rows} rows"


seen = []
for version in ("V1", "V2"):
    videos = "select 'video ' || i as id from range(3) t(i)"
    form = f"format parquet, parquet_version {version}"
    duckdb.sql(f"copy ({videos}) to '{version}.parquet' ({form})")
    seen.append((rows(version), rows(version, "id")))
    print(f"{version}: as texts {seen[-1][0]}, as a dictionary {seen[-1][1]}")
as_seen = seen == [("3 rows", "3 rows"), ("3 rows", "OSError")]
raise SystemExit(0 if as_seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
