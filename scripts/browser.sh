#!/bin/sh
# Install what the browser tests drive, from Debian's packages: Chromium, and nginx for what is
# served through a proxy. RUNLEVEL has no nginx of the machine's own started by that.
set -eu
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -qq
as_root env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
    chromium-headless-shell nginx >/dev/null
