"""What a server refuses is said in words, without a row of the queue."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from claimclf.errors import StorageError
from claimclf.queue.storage.database import Database
from tests.queue.conftest import Server


@pytest.mark.parametrize(
    ("setting", "statement", "message"),
    [
        ("statement_timeout = 20", "SELECT pg_sleep(60)", "stopped this work before it was done"),
        ("transaction_read_only = on", "DELETE FROM cases", "cannot be written"),
        (
            "temp_file_limit = 0",
            "SELECT count(*) FROM (SELECT * FROM generate_series(1, 900000) ORDER BY 1 DESC) x",
            "has not enough room",
        ),
    ],
)
def test_refusal_of_the_server_is_explained(
    server: Server, setting: str, statement: str, message: str
) -> None:
    database = Database(server.empty())

    def work(connection: object) -> None:
        for one in ("SET LOCAL work_mem = 64", f"SET LOCAL {setting}", statement):
            connection.execute(text(one))  # type: ignore[attr-defined]

    with pytest.raises(StorageError, match=message) as raised:
        database.write(work)
    assert "\n" not in str(raised.value)
    database.close()
