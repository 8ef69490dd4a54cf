#!/bin/sh
# LocalCluster(dashboard_address=None) is documented to disable the dashboard. It still opens an
# HTTP server on Dask's usual port 8787, and a second cluster on the same machine warns that the
# port is taken: with warnings as errors it does not start at all.
# Seen with distributed 2026.8.0 (no bokeh installed). Seen output:
#   dashboard off, port 8787 open: True
#   second cluster: Port 8787 is already in use.
#   address of its own, port 8787 open: False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check distributed==2026.8.0
cat > "$folder/look.py" <<'PY'
import socket
import warnings

from distributed import LocalCluster


def is_open() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", 8787)) == 0


def cluster(**options: object) -> LocalCluster:
    return LocalCluster(n_workers=1, threads_per_worker=1, **options)


if __name__ == "__main__":
    if is_open():
        raise SystemExit("Port 8787 is in use here: stop what uses it and run this again.")
    with cluster(dashboard_address=None):
        taken = is_open()
        print("dashboard off, port 8787 open:", taken)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with cluster(dashboard_address=None):
                said = [str(w.message).splitlines()[0] for w in caught if "8787" in str(w.message)]
        print("second cluster:", *said)
    with cluster(dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False}):
        elsewhere = is_open()
        print("address of its own, port 8787 open:", elsewhere)
    raise SystemExit(0 if taken and said and not elsewhere else "The behaviour has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
