"""A cluster of this machine takes no port that another program may have."""

from __future__ import annotations

import socket
from contextlib import suppress

from claimclf.streaming.engines import dask_client

_USUAL = 8787


def test_cluster_starts_where_dasks_usual_port_is_taken() -> None:
    with socket.socket() as other:
        with suppress(OSError):  # then another program has it already
            other.bind(("127.0.0.1", _USUAL))
            other.listen()
        with dask_client(n_workers=1) as client:
            assert client.submit(sum, [1, 2]).result() == 3
