"""Decisions in the form of Coop's action callbacks: signed, in order, sent until they are taken."""

from __future__ import annotations

import base64
import importlib.util
import json
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sqlalchemy import delete

from claimclf.queue.outbound.webhook.delivery import deliver_due
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.outbox import add_history
from claimclf.queue.review.decisions import reopen, undo
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import deliveries
from claimclf.units import SECOND
from tests.conftest import ROOT
from tests.queue.builders import ANNA, LEAD, OPINION, Clock, done, fill
from tests.queue.outbound.test_webhook import BREAKS, SECRET, Platform

FOLDER = ROOT / "deploy" / "receivers"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def coop() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coop", FOLDER / "coop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def endpoint() -> Iterator[Platform]:
    endpoint = Platform()
    yield endpoint
    endpoint.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pem = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "coop-key.pem").write_bytes(pem)
    (tmp_path / "webhook-secret").write_text(f"{SECRET}\n")
    return tmp_path


@contextmanager
def running(coop: ModuleType, folder: Path, endpoint: Platform, clock: Clock) -> Iterator[str]:
    """Run the receiver with the settings that ship, but for the endpoint's address."""
    settings = tomllib.loads((FOLDER / "coop.toml").read_text("utf-8"))
    for action in ("restrict", "lift"):
        settings[action]["url"] = f"{endpoint.url}/{settings[action]['id']}"
    settings["headers"] = {"x-api-key": "their own"}
    relay = coop.Relay(folder, settings, lambda: clock.time / SECOND)
    server = coop.server_of(relay, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()
    relay.close()


def used(clock: Clock, folder: Path) -> Database:
    """A queue in which a decision was undone, made again and overruled; then two on others."""
    database = Database(f"sqlite:///{folder / 'queue.db'}", clock)
    fill(database, 4)
    undo(database, ANNA, done(database, verdict=BREAKS).id)
    again = done(database, verdict=BREAKS)
    reopen(database, LEAD, again.case.id, "somebody complained")
    done(database, LEAD, OPINION)
    done(database, verdict=OPINION)
    done(database, verdict=BREAKS)
    return database


def calls(endpoint: Platform) -> list[tuple[str, str]]:
    return [(call["item"]["id"], call["action"]["id"]) for call in endpoint.events()]


def test_endpoint_gets_each_call_signed_and_in_order_until_it_takes_it(
    coop: ModuleType, folder: Path, endpoint: Platform, clock: Clock
) -> None:
    database = used(clock, folder)
    endpoint.answers = [500, 204, 503, 429]
    with running(coop, folder, endpoint, clock) as url:
        webhook = Webhook(url, SECRET)
        n_failed = 0
        for _ in range(5):
            told = deliver_due(database, webhook)
            n_failed += told.n_failed
            clock.step(60)
        assert (told.n_waiting, told.n_dead, n_failed) == (0, 0, 3)
    first, third = "video-0000000", "video-0000002"
    remove, restore = "remove-video", "restore-video"
    assert calls(endpoint) == [
        *[(first, remove)] * 2,  # refused once
        *[(first, restore)] * 3,  # refused twice
        *((first, remove), (first, restore), (third, remove)),
    ]
    bodies = [body for _, body in endpoint.told]
    assert bodies[0] == bodies[1]
    assert bodies[2] == bodies[3] == bodies[4]
    for headers, body in endpoint.told:
        signature = base64.b64decode(headers["coop-signature"])
        KEY.public_key().verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
        assert headers["x-api-key"] == "their own"
    numbers = [call["custom"]["claimclf_seq"] for call in endpoint.events()]
    assert numbers == sorted(numbers)
    database.close()


def test_call_has_the_fields_that_are_documented(
    coop: ModuleType, folder: Path, endpoint: Platform, clock: Clock
) -> None:
    database = used(clock, folder)
    with running(coop, folder, endpoint, clock) as url:
        deliver_due(database, Webhook(url, SECRET))
    removed, restored = endpoint.events()[:2]
    assert set(removed) == {"item", "action", "policies", "rules", "custom"}
    assert removed["item"] == {"id": "video-0000000", "typeId": "video"}
    assert removed["policies"] == [{"id": "fraud", "name": "Fraud", "penalty": "HIGH"}]
    assert (removed["rules"], restored["policies"]) == ([], [])
    told = json.dumps(endpoint.events())
    assert all(name not in told for name in ("anna", "lena", "not for the platform"))
    database.close()


def test_events_that_come_again_after_a_restart_call_nothing(
    coop: ModuleType, folder: Path, endpoint: Platform, clock: Clock
) -> None:
    database = used(clock, folder)
    n = []
    for _ in range(2):
        with running(coop, folder, endpoint, clock) as url:
            deliver_due(database, Webhook(url, SECRET))
        n.append(len(endpoint.told))
        database.write(lambda c: c.execute(delete(deliveries)))
        add_history(database, LEAD)
    assert n == [5, 5]
    database.close()


def test_what_claimclf_did_not_sign_now_calls_nothing(
    coop: ModuleType, folder: Path, endpoint: Platform, clock: Clock
) -> None:
    database = used(clock, folder)
    told: list[Any] = []
    with running(coop, folder, endpoint, clock) as url:
        forged = Webhook(url, "another secret, as long as it")
        assert deliver_due(database, forged).n_failed == 1
        clock.step(1)

        def late(webhook: Webhook, message: Any) -> str:
            from claimclf.queue.outbound.webhook.posting import post

            clock.step(6)
            told.append(post(webhook, message))
            return str(told[-1])

        assert deliver_due(database, Webhook(url, SECRET), late).n_failed == 1
    assert told == ["answer 401"]
    assert endpoint.told == []
    database.close()
