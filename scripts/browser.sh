#!/bin/sh
# Install the Chromium that the browser tests drive, from Debian's packages.
set -eu
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -qq
as_root apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null
