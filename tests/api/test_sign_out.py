"""A sign-in is over wherever its end was asked for, for whoever has a copy of its cookies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimclf.people import Person
from claimclf.queue.review.leases import held
from claimclf.queue.storage.database import Database
from tests.api.servers import Server, signed_in, team_server
from tests.queue.builders import fill, take


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with team_server(tmp_path_factory.mktemp("team")) as team:
        yield team


def test_opening_the_way_out_by_hand_ends_the_sign_in_on_the_server(server: Server) -> None:
    ours, others = (
        signed_in(server.address, iat=int(time.time()) - seconds) for seconds in (10, 20)
    )
    for cookies in (ours, others):
        assert server.ask("/_stcore/metrics", cookies=cookies).status == 200
    assert server.ask("/auth/logout", cookies=ours).status == 302
    assert server.ask("/_stcore/metrics", cookies=ours).status == 403
    assert server.ask("/media/x.bin", cookies=ours).status == 403
    assert server.ask("/_stcore/metrics", cookies=others).status == 200


def test_way_out_gives_back_what_is_held_though_no_tab_says_anything_more(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/queue.db")
    fill(database, 1)
    mia = Person("mia@example.org")
    take(database, mia)
    with team_server(tmp_path, CLAIMCLF_DATABASE_URL=database.url.render_as_string()) as team:
        mias = signed_in(team.address, sub="mia", email=mia.name)
        assert team.ask("/auth/logout", cookies=mias[:-3]).status == 302
        assert held(database, mia) is not None
        assert team.ask("/auth/logout", cookies=mias).status == 302
        assert held(database, mia) is None
    database.close()


def test_way_out_ends_nothing_for_a_stranger(server: Server) -> None:
    anas = signed_in(server.address)
    assert server.ask("/auth/logout").status == 302
    assert server.ask("/auth/logout", cookies=anas[:-3]).status == 302
    assert server.ask("/_stcore/metrics", cookies=anas).status == 200
