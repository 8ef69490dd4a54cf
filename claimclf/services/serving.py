"""Start the dashboard's server."""

from __future__ import annotations

import os
import socket
import sys

from claimclf.errors import ServerError
from claimclf.places import APP, ROOT

ADDRESS = "127.0.0.1"


def serve(port: int) -> None:
    """Replace this process with the dashboard's server, on loopback alone.

    Parameters
    ----------
    port : int
        TCP port.

    Raises
    ------
    ServerError
        The port is taken, or the dashboard's pages are not beside the package.
    """
    if not APP.is_file():
        raise ServerError(
            "The dashboard's pages are not here.",
            f"Found: no app.py in {ROOT}.",
            "Run claimclf serve from a clone of the project, installed with make install.",
        )
    _check_port(port)
    print(f"claimclf is at http://{ADDRESS}:{port}", flush=True)
    # The configuration, theme and upload limit are in the project's .streamlit folder.
    os.chdir(ROOT)
    streamlit = [sys.executable, "-m", "streamlit", "run", str(APP)]
    options = [f"--server.address={ADDRESS}", f"--server.port={port}"]
    os.execv(sys.executable, streamlit + options)  # noqa: S606


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise ServerError(
                f"Port {port} on {ADDRESS} cannot be used.",
                f"Found: {error.strerror}.",
                f"Choose another one: PORT={port + 1 if port < 65535 else 8501} make run.",
            ) from error
