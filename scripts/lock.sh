#!/bin/sh
# Pin every dependency with hashes, for all platforms, naming no download address.
set -eu
cd "$(dirname "$0")/.."
compile() {
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate "$@"
}
compile pyproject.toml -o requirements/run.lock
compile pyproject.toml --extra login -o requirements/login.lock
compile pyproject.toml --extra login --extra scale -o requirements/scale.lock
compile pyproject.toml --extra login --extra scale --extra dev -o requirements/dev.lock
compile requirements/bootstrap.in -o requirements/bootstrap.lock
