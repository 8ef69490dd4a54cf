#!/bin/sh
# yt-dlp's reader of view counts understands "1.2M", but of a count with its unit as a word, as
# pages in English, German or Russian show it, it takes the digits alone: "1.2 million" is 12.
# A space between thousands ends the number: "1 234" is 1. Both come back as plain counts.
# Seen with yt-dlp 2026.10.26. Seen output:
#   1.2M -> 1200000
#   1.2 million -> 12
#   1,2 Mio. -> 12
#   1 234 -> 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check yt-dlp==2026.10.26
cat > "$folder/look.py" <<'PY'
from yt_dlp.utils import parse_count

seen = {"1.2M": 1_200_000, "1.2 million": 12, "1,2 Mio.": 12, "1 234": 1}
now = {shown: parse_count(shown) for shown in seen}
for shown, count in now.items():
    print(shown, "->", count)
raise SystemExit(0 if now == seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
