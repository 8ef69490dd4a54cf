#!/bin/sh
# WebVTT of automatic captions marks the time of each word within a cue (<00:00:00.200>). pysubs2
# removes all other tags and leaves these: they stand in what is said, glued to the word before.
# webvtt-py removes them. Both leave the escapes of WebVTT as they are written (&amp; is an "and").
# Seen with pysubs2 1.8.1 and webvtt-py 0.6.0. Seen output:
#   pysubs2: salt<00:00:00.200> lamps &amp; pepper
#   webvtt-py: salt lamps &amp; pepper
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pysubs2==1.8.1 webvtt-py==0.6.0
cat > "$folder/look.py" <<'PY'
import pysubs2
import webvtt

CAPTIONS = """WEBVTT
Kind: captions

00:00:00.000 --> 00:00:01.000 align:start
salt<00:00:00.200><c> lamps</c> &amp; pepper
"""
one = pysubs2.SSAFile.from_string(CAPTIONS, format_="vtt")[0].text
other = webvtt.from_string(CAPTIONS)[0].text
print("pysubs2:", one)
print("webvtt-py:", other)
as_seen = one == "salt<00:00:00.200> lamps &amp; pepper" and other == "salt lamps &amp; pepper"
raise SystemExit(0 if as_seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
