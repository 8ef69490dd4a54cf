#!/bin/sh
# Streamlit opens its listening socket itself, without naming a protocol, and hands it to uvicorn.
# Connections take that over, and asyncio turns TCP_NODELAY on for connections that name TCP alone.
# So the small messages that a page is made of wait, with each click, until the browser has
# acknowledged the first one, which Linux puts off for up to 40 ms. What uvicorn serves at a host
# and port, which asyncio opens, does not wait.
# Seen with streamlit 1.67.0, uvicorn 0.54.0, Python 3.11 on Linux. Seen output:
#   streamlit: TCP_NODELAY 0
#   uvicorn: TCP_NODELAY 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 uvicorn==0.54.0
echo 'import streamlit as st; st.write("a page")' > "$folder/page.py"
cat > "$folder/look.py" <<'PY'
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent


def say_of_first_connection() -> None:
    """Print, within the server, whether its first connection may wait."""
    while True:
        for number in map(int, os.listdir("/proc/self/fd")):
            with suppress(OSError):
                if not stat.S_ISSOCK(os.fstat(number).st_mode):
                    continue
                with socket.socket(fileno=os.dup(number)) as one:
                    one.getpeername()  # an error where nobody is connected
                    if one.family == socket.AF_INET:
                        print(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), flush=True)
                        os._exit(0)
        time.sleep(0.01)


async def nothing(scope, receive, send) -> None:
    """Leave every request without an answer."""


def serve(kind: str, port: int) -> None:
    threading.Thread(target=say_of_first_connection, daemon=True).start()
    if kind == "uvicorn":
        import uvicorn

        uvicorn.run(nothing, host="127.0.0.1", port=port, log_level="critical")
        return
    from streamlit.web.cli import main

    options = ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    options += ["--browser.gatherUsageStats=false", "--logger.hideWelcomeMessage=true"]
    sys.argv = ["streamlit", "run", str(HERE / "page.py"), *options]
    main()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def looked_at(kind: str) -> str:
    port = free_port()
    command = [sys.executable, __file__, kind, str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for _ in range(600):
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=1)
        except OSError:
            time.sleep(0.05)
            continue
        with connection:
            said, _ = server.communicate(timeout=30)
        return said.split()[-1]
    server.kill()
    raise SystemExit(f"{kind} did not start")


if len(sys.argv) > 1:
    serve(sys.argv[1], int(sys.argv[2]))
else:
    waits, sends = looked_at("streamlit"), looked_at("uvicorn")
    print(f"streamlit: TCP_NODELAY {waits}\nuvicorn: TCP_NODELAY {sends}")
    raise SystemExit(0 if (waits, sends) == ("0", "1") else "The behaviour has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
