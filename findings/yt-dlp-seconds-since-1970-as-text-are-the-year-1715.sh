#!/bin/sh
# Newer web exports give a video's time in seconds since 1970 as text. yt-dlp's reader of times
# takes the first eight digits for a date where they can be one: "1715678470" (May 2024) is a day
# in June 1715. Where they cannot, it answers nothing: "1700000000" is None.
# Seen with yt-dlp 2026.10.26. Seen output:
#   1715678470 -> 17150607, -8033440380 seconds
#   1700000000 -> None, None seconds
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check yt-dlp==2026.10.26
cat > "$folder/look.py" <<'PY'
from yt_dlp.utils import unified_strdate, unified_timestamp

now = {}
for given in ("1715678470", "1700000000"):
    now[given] = unified_strdate(given), unified_timestamp(given)
    print(f"{given} -> {now[given][0]}, {now[given][1]} seconds")
seen = {"1715678470": ("17150607", -8033440380), "1700000000": (None, None)}
raise SystemExit(0 if now == seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
