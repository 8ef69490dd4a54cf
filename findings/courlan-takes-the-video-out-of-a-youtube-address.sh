#!/bin/sh
# `courlan.normalize_url(..., strict=True)` keeps no parameter of an address but a few for pages and
# languages. The addresses of all YouTube videos become one, and so do those of Facebook: whoever
# counts reports by such an address has one video. A TikTok address stays whole, since its id is no
# parameter.
# Seen with courlan 1.4.0. Seen output:
#   www.youtube.com: 3 addresses become 1
#   www.facebook.com: 3 addresses become 1
#   www.tiktok.com: 3 addresses become 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check courlan==1.4.0
cat > "$folder/look.py" <<'PY'
from courlan import normalize_url

SITES = {
    "www.youtube.com": "watch?v=aaaaaaaaa{}&feature=share",
    "www.facebook.com": "watch/?v=10000000000000{}&ref=sharing",
    "www.tiktok.com": "@someone/video/730123456789012345{}?sender_device=pc",
}
found = []
for host, path in SITES.items():
    addresses = [f"https://{host}/{path.format(n)}" for n in range(3)]
    found.append(len({normalize_url(address, strict=True) for address in addresses}))
    print(f"{host}: {len(addresses)} addresses become {found[-1]}")
raise SystemExit(0 if found == [1, 1, 3] else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
