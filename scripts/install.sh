#!/bin/sh
# Install the pinned packages into .venv, once per state of the lock files.
# usage: scripts/install.sh run|login|scale|dev    each holds all that the ones before it do
set -eu
cd "$(dirname "$0")/.."
kind=$1
stamp=.venv/installed
# Who has installed more keeps it: `make run` asks for run alone.
had=$(cut -d' ' -f1 $stamp 2>/dev/null || true)
case "$kind $had" in "run login" | "run scale" | "login scale") kind=$had ;; esac
state=$(cat requirements/*.lock pyproject.toml | sha256sum | cut -d' ' -f1)
case "$(cat $stamp 2>/dev/null || true)" in
"$kind $state" | "dev $state") exit 0 ;;
esac
echo "Installing into .venv (needs the package index; once) ..."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "Python 3.11 or newer is needed. Found: $("$python" --version). Set PYTHON=..." >&2; exit 2; }
# The installer lives in an environment of its own and goes when it is done.
"$python" -m venv --clear .venv/bootstrap
.venv/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check \
    --require-hashes -r requirements/bootstrap.lock
uv=.venv/bootstrap/bin/uv
[ -x .venv/bin/python ] || "$python" -m venv --without-pip .venv
"$uv" pip install --quiet --python .venv/bin/python --require-hashes -r "requirements/$kind.lock"
"$uv" pip install --quiet --python .venv/bin/python --no-deps \
    --build-constraints requirements/bootstrap.lock --editable .
rm -rf .venv/bootstrap
echo "$kind $state" > $stamp
