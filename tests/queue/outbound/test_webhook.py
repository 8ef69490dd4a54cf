from __future__ import annotations

import base64
import hashlib
import hmac
import json
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import delete, select

from claimclf.configuration import WEBHOOK_SECRET, WEBHOOK_URL
from claimclf.errors import NotAllowedError, NotConfiguredError
from claimclf.queue.outbound.webhook import outbox
from claimclf.queue.outbound.webhook.dead_letters import dead_letters, requeue
from claimclf.queue.outbound.webhook.delivery import Delivered, deliver_due
from claimclf.queue.outbound.webhook.endpoint import (
    Webhook,
    configured,
)
from claimclf.queue.outbound.webhook.message import Message, sign
from claimclf.queue.outbound.webhook.outbox import add_history, begin
from claimclf.queue.outbound.webhook.posting import post
from claimclf.queue.review.bulk import undo_bulk
from claimclf.queue.review.decisions import Verdict, reopen, undo
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import deliveries
from claimclf.schema import Decision, ReasonCode
from claimclf.units import SECOND
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    Clock,
    decide_all,
    done,
    fill,
)
from tests.queue.killed import die

SECRET = "a secret of 24 characters"  # noqa: S105
BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.FRAUD, "not for the platform")


class Platform:
    """The other side: notes what it is told, and answers as it is told to."""

    def __init__(self, port: int = 0) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                platform.told.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(platform.answers.pop(0) if platform.answers else 204)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.told]

    def types(self) -> list[str]:
        return [event["type"].removeprefix("case.") for event in self.events()]

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    yield platform
    platform.close()


@pytest.fixture
def webhook(platform: Platform) -> Webhook:
    return Webhook(platform.url, SECRET, tries=4)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ready(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A queue with five events among other entries of its log."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('used') / 'queue.db'}"
    else:
        url = request.getfixturevalue("server").create()
    database = Database(url, Clock())
    fill(database, 6)
    undo(database, ANNA, done(database, verdict=BREAKS).id)
    done(database, verdict=SKIP)
    undo(database, BORIS, done(database, BORIS, ESCALATE).id)
    decided = done(database, BORIS)
    reopen(database, LEAD, decided.case.id, "not for the platform either")
    done(database, LEAD)
    yield database
    database.close()


@pytest.fixture
def used(ready: Database, clock: Clock) -> Database:
    """The five events, none of them told."""
    ready.now = clock
    ready.write(lambda c: c.execute(delete(deliveries)))
    return ready


def step(clock: Clock, seconds: float) -> None:
    clock.step(seconds / 60)


def test_rulings_undos_and_reopenings_are_told_in_order(
    used: Database, webhook: Webhook, platform: Platform
) -> None:
    assert deliver_due(used, webhook) == Delivered(5, 0, 0, 0)
    assert platform.types() == ["decided", "decision_undone", "decided", "reopened", "decided"]
    numbers = [event["seq"] for event in platform.events()]
    assert numbers == sorted(numbers)
    assert verify(used).problems == []


def test_event_says_what_was_decided_and_names_nobody(
    used: Database, webhook: Webhook, platform: Platform
) -> None:
    deliver_due(used, webhook)
    event = platform.events()[0]
    assert event["at"] == "2027-01-15T08:00:00.000000Z"
    assert (event["video_id"], event["decision_id"]) == ("video-0000000", 1)
    reasons = event["statement_of_reasons"]
    assert (reasons["decision"], reasons["decision_ground"]) == ("claim-breaks-rules", "fraud")
    assert reasons["decided_at"] == event["at"]
    assert (reasons["automated_detection"], reasons["automated_decision"]) == (True, False)
    for _, body in platform.told:
        assert b"not for the platform" not in body
        assert not any(name in body for name in (b"anna", b"boris", b"lena"))


def test_body_is_canonical(used: Database, webhook: Webhook, platform: Platform) -> None:
    deliver_due(used, webhook)
    for headers, body in platform.told:
        said = json.loads(body)
        assert json.dumps(said, sort_keys=True, separators=(",", ":")).encode() == body
        assert headers["content-type"] == "application/json"


def test_signature_is_that_of_standard_webhooks(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    deliver_due(used, webhook)
    for headers, body in platform.told:
        name, time = headers["webhook-id"], headers["webhook-timestamp"]
        assert (name, int(time)) == (json.loads(body)["id"], clock.time // SECOND)
        signed = f"{name}.{time}.".encode() + body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_signature_is_the_one_of_the_published_example() -> None:
    webhook = Webhook("https://x.example", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(webhook, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_told_events_are_not_told_again(
    database: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    fill(database, 2)
    done(database)
    assert deliver_due(database, webhook).n_delivered == 1
    step(clock, 24 * 3600)
    assert deliver_due(database, webhook) == Delivered(0, 0, 0, 0)
    done(database)
    assert deliver_due(database, webhook) == Delivered(1, 0, 0, 0)
    assert len({event["id"] for event in platform.events()}) == len(platform.told) == 2


def test_bulk_is_an_event_a_case_and_a_case_reported_again_is_one(
    database: Database, webhook: Webhook, platform: Platform
) -> None:
    fill(database, 3, statement_id="a")
    decide_all(database, ANNA, "a", OPINION)
    fill(database, 2, "b", report_count=1000)
    deliver_due(database, webhook)
    assert platform.types() == ["decided"] * 3 + ["reported_again"] * 2


def test_undoing_names_the_event_that_it_undoes(
    used: Database, webhook: Webhook, platform: Platform
) -> None:
    deliver_due(used, webhook)
    decided, undone, *others = platform.events()
    assert undone["undoes"] == {"id": decided["id"], "seq": decided["seq"]}
    assert undone["decision_id"] == decided["decision_id"]
    assert not any("undoes" in event for event in [decided, *others])


def test_events_of_one_bulk_have_its_name(
    database: Database, webhook: Webhook, platform: Platform
) -> None:
    fill(database, 3, statement_id=["a", "a", "b"])
    bulk = decide_all(database, ANNA, "a", OPINION)
    done(database)
    undo_bulk(database, ANNA, bulk.id)
    deliver_due(database, webhook)
    events = platform.events()
    assert [event["bulk_id"] for event in events] == [bulk.id] * 2 + [None] + [bulk.id] * 2
    told = {event["decision_id"]: event["id"] for event in events[:3]}
    for event in events[3:]:
        assert event["undoes"]["id"] == told[event["decision_id"]]


def test_failing_event_is_tried_again_with_growing_waits(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    platform.answers = [500, 503, 429]
    waits = [10, 20, 40]
    for n, wait in enumerate(waits, 1):
        assert deliver_due(used, webhook) == Delivered(0, 1, 0, 5)
        step(clock, wait - 1)
        assert deliver_due(used, webhook) == Delivered(0, 0, 0, 5)
        assert len(platform.told) == n
        step(clock, 1)
    assert deliver_due(used, webhook) == Delivered(5, 0, 0, 0)
    first = platform.told[:4]
    assert len({body for _, body in first}) == len({h["webhook-id"] for h, _ in first}) == 1
    assert len({h["webhook-signature"] for h, _ in first}) == 4  # each with its own time


def test_waits_are_limited() -> None:
    webhook = Webhook("https://x.example", SECRET)
    waits = [webhook.wait(n) / SECOND for n in (1, 2, 3, 9, 10, 10_000)]
    assert waits == [10, 20, 40, 2560, 3600, 3600]


def test_event_that_always_fails_is_given_up_and_the_others_go_on(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    platform.answers = [400] * 4
    for _ in range(3):
        assert deliver_due(used, webhook) == Delivered(0, 1, 0, 5)
        step(clock, 3600)
    assert deliver_due(used, webhook) == Delivered(4, 1, 1, 0)
    (letter,) = dead_letters(used)
    case = platform.events()[0]["case_id"]
    assert (letter.type, letter.case_id, letter.tries) == ("case.decided", case, 4)
    assert (letter.last_error, letter.dead_at) == ("answer 400", clock.time)
    assert deliver_due(used, webhook) == Delivered(0, 0, 1, 0)


def test_given_up_events_can_be_queued_again(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    platform.answers = [400] * 4
    for _ in range(4):
        deliver_due(used, webhook)
        step(clock, 3600)
    (letter,) = dead_letters(used)
    with pytest.raises(NotAllowedError, match="needs the role lead"):
        requeue(used, ANNA)
    assert requeue(used, LEAD, [letter.seq + 1]) == 0
    assert requeue(used, LEAD, [letter.seq]) == 1
    assert dead_letters(used) == []
    platform.answers = [500]
    assert deliver_due(used, webhook) == Delivered(0, 1, 0, 1)  # as if for the first time
    step(clock, 10)
    assert deliver_due(used, webhook) == Delivered(1, 0, 0, 0)
    late = platform.events()[-1]
    assert late == platform.events()[0]
    assert late["seq"] < platform.events()[-3]["seq"]  # by which a receiver knows it is late
    assert requeue(used, LEAD) == 0
    assert verify(used).problems == []


def test_platform_that_is_gone_is_told_when_it_is_back(used: Database, clock: Clock) -> None:
    gone = Platform()
    webhook = Webhook(gone.url, SECRET)
    gone.close()
    assert deliver_due(used, webhook) == Delivered(0, 1, 0, 5)
    row = used.read(lambda c: c.execute(select(deliveries).order_by(deliveries.c.seq)).first())
    assert row is not None
    assert "refused" in row.last_error
    back = Platform(gone.port)
    step(clock, 10)
    assert deliver_due(used, webhook) == Delivered(5, 0, 0, 0)
    back.close()
    assert back.types() == ["decided", "decision_undone", "decided", "reopened", "decided"]


def test_redirect_is_not_followed(used: Database, webhook: Webhook, platform: Platform) -> None:
    platform.answers = [307]
    assert deliver_due(used, webhook, most=1).n_failed == 1
    assert len(platform.told) == 1


def test_answer_that_is_no_http_is_a_failure(used: Database) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    assert deliver_due(used, Webhook(f"http://127.0.0.1:{port}", SECRET)).n_failed == 1
    thread.join()
    listener.close()


class Dripping:
    """A receiver that sends a byte of its answer now and then, and no end."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/hook"
        self.hung_up = threading.Event()
        self.thread = threading.Thread(target=self._drip)
        self.thread.start()

    def _drip(self) -> None:
        connection, _ = self.listener.accept()
        with connection, self.listener:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            with suppress(OSError):
                while not self.hung_up.wait(0.05):
                    connection.sendall(b"x")
            self.hung_up.set()


def test_receiver_that_never_ends_its_answer_is_hung_up_on(used: Database) -> None:
    receiver = Dripping()
    webhook = Webhook(receiver.url, SECRET, timeout=0.2)
    assert deliver_due(used, webhook, most=1).n_failed == 1
    assert receiver.hung_up.wait(30)  # no thread of ours stays with it
    receiver.thread.join()
    assert webhook.deadline * SECOND < webhook.lease
    errors = select(deliveries.c.last_error).where(deliveries.c.last_error.is_not(None))
    assert used.read(lambda c: c.scalars(errors).all()) == ["no answer in time"]


def test_kind_of_an_error_is_kept_and_none_of_its_words(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    platform.answers = [500]
    deliver_due(used, webhook, most=1)
    errors = select(deliveries.c.last_error).where(deliveries.c.last_error.is_not(None))
    assert used.read(lambda c: c.scalars(errors).all()) == ["answer 500"]
    platform.close()
    step(clock, 60)
    gone = Webhook(platform.url + "?token=very-secret", SECRET)
    deliver_due(used, gone, most=1)
    assert used.read(lambda c: c.scalars(errors).all()) == ["connection refused"]


def test_no_more_are_tried_than_asked_for(used: Database, webhook: Webhook) -> None:
    assert deliver_due(used, webhook, most=2) == Delivered(2, 0, 0, 3)
    assert deliver_due(used, webhook, most=9) == Delivered(3, 0, 0, 0)


def test_long_log_is_noted_in_parts(
    used: Database, webhook: Webhook, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_CHUNK_ROWS", 2)
    assert deliver_due(used, webhook).n_delivered == 5


def test_webhook_that_is_set_up_late_tells_of_what_comes_and_counts_what_was(
    database: Database, webhook: Webhook, platform: Platform
) -> None:
    fill(database, 5)
    undo(database, ANNA, done(database).id)
    assert begin(database, LEAD) == 2
    assert deliver_due(database, webhook) == Delivered(0, 0, 0, 0)
    done(database, BORIS)
    assert begin(database, LEAD) == 0
    assert deliver_due(database, webhook).n_delivered == 1
    assert platform.types() == ["decided"]
    assert verify(database).problems == []


def test_history_is_told_when_it_is_asked_for(
    database: Database, webhook: Webhook, platform: Platform
) -> None:
    fill(database, 5)
    undo(database, ANNA, done(database).id)
    begin(database, LEAD)
    done(database, BORIS)
    deliver_due(database, webhook)
    assert add_history(database, LEAD) == 2
    assert deliver_due(database, webhook).n_delivered == 2
    assert platform.types() == ["decided", "decided", "decision_undone"]
    assert add_history(database, LEAD) == 0
    done(database)
    assert deliver_due(database, webhook).n_delivered == 1


def test_webhook_of_a_new_queue_has_nothing_before_it(database: Database, webhook: Webhook) -> None:
    assert begin(database, LEAD) == 0
    fill(database, 1)
    done(database)
    assert deliver_due(database, webhook).n_delivered == 1


# Two senders, and one that dies --------------------------------------------------------------


def test_event_in_one_senders_hands_is_left_to_it(
    used: Database, webhook: Webhook, platform: Platform
) -> None:
    second: list[Delivered] = []

    def send(webhook: Webhook, message: Message) -> str:
        second.append(deliver_due(used, webhook))  # another one, in the middle of the first
        return post(webhook, message)

    assert deliver_due(used, webhook, send) == Delivered(5, 0, 0, 0)
    assert [event.n_delivered for event in second] == [0] * 5
    assert len(platform.told) == 5


def test_many_senders_at_once_tell_each_event_once_and_in_order(
    database: Database, webhook: Webhook, platform: Platform
) -> None:
    fill(database, 40, statement_id="a")
    decide_all(database, ANNA, "a", OPINION)
    counts: list[int] = []

    def work() -> None:
        while (delivery := deliver_due(database, webhook, most=3)).n_waiting:
            counts.append(delivery.n_delivered)
        counts.append(delivery.n_delivered)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(platform.told) == 40
    numbers = [event["seq"] for event in platform.events()]
    assert numbers == sorted(set(numbers))


def test_event_of_a_sender_that_hangs_goes_to_another_one(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    def hang(webhook: Webhook, message: Message) -> str:
        step(clock, 61)
        assert deliver_due(used, webhook).n_delivered == 5
        return "no answer"  # which no longer counts

    assert deliver_due(used, webhook, hang) == Delivered(0, 1, 0, 0)
    assert deliver_due(used, webhook) == Delivered(0, 0, 0, 0)
    assert len(platform.told) == 5


def test_event_that_was_told_by_a_slow_sender_is_done(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    def slow(webhook: Webhook, message: Message) -> str:
        step(clock, 61)
        platform.answers = [500]
        assert deliver_due(used, webhook).n_failed == 1
        return post(webhook, message)

    assert deliver_due(used, webhook, slow, most=1) == Delivered(1, 0, 0, 4)


def deliver_and_die(url: str, webhook: Webhook, before: bool) -> None:
    def send(webhook: Webhook, message: Message) -> str:
        if not before:
            post(webhook, message)
        die()
        return ""

    deliver_due(Database(url, Clock()), webhook, send)
    os._exit(1)


@pytest.mark.parametrize("before", [True, False])
def test_killed_sender_loses_nothing(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock, before: bool
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    url = used.url.render_as_string(hide_password=False)
    process = context.Process(target=deliver_and_die, args=(url, webhook, before))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    process.close()
    assert deliver_due(used, webhook) == Delivered(0, 0, 0, 5)  # it might still be at it
    step(clock, 60)
    assert deliver_due(used, webhook) == Delivered(5, 0, 0, 0)
    assert len(platform.told) == (5 if before else 6)
    assert len({event["id"] for event in platform.events()}) == 5


def test_clock_that_is_put_back_holds_nothing_up(
    used: Database, webhook: Webhook, platform: Platform, clock: Clock
) -> None:
    platform.answers = [500]
    deliver_due(used, webhook)
    step(clock, -3600)
    assert deliver_due(used, webhook, most=1) == Delivered(1, 0, 0, 4)

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_due(used, webhook, interrupted)
    step(clock, -3600)
    assert deliver_due(used, webhook) == Delivered(4, 0, 0, 0)


# Setting it up -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://platform.example/hook?token=1",
        "https://[2001:db8::1]:8443/",
        "http://127.0.0.1:8000/hook",
        "http://127.9.9.9/",
        "http://localhost:8000/hook",
        "http://[::1]:8000/",
    ],
)
def test_safe_addresses_are_taken(url: str) -> None:
    assert Webhook(url, SECRET).url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/\u00e9",
        "https://x.example/?a=\u200b",
        "",
        "platform.example/hook",
        "http://platform.example/hook",
        "http://127.0.0.1.platform.example/",
        "http://localhost.platform.example/",
        "http://2130706433/",
        "http://127.0.0.1@platform.example/",
        "https://user:pass-word@platform.example/",
        "https://",
        "https://platform.example:port/",
        "http://[::1",
        "ftp://platform.example/",
        "file:///etc/passwd",
        "https://platform.example/a b",
        "https://platform.example/\n",
        "https://plat\tform.example/",
        "https://platform.example/\x00",
        "https://platform.example/\x7f",
        "https://platform.example/#\x85",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        "https://platform..example/",
        "https://platform\u3000.example/",
        "https://platform\u2025example/",
        "https://platform%00.example/",
    ],
)
def test_unsafe_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(
        NotConfiguredError, match=r"address is not safe.*CLAIMCLF_WEBHOOK_URL"
    ) as raised:
        Webhook(url, SECRET)
    assert "platform.example" not in str(raised.value)
    assert "pass-word" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        *("https://platform.example/", "https://xn--bcher-kva.example/", "https://bücher.example/"),
        *("https://platform.example.:8443/a", "https://[2001:db8::1]/a", "http://[::1]:9000/a"),
    ],
)
def test_addresses_that_can_be_looked_up_are_taken(url: str) -> None:
    assert Webhook(url, SECRET).url == url


def test_short_or_broken_secrets_are_refused() -> None:
    with pytest.raises(
        NotConfiguredError, match=r"too short. Found: 5 bytes. Set CLAIMCLF_WEBHOOK_SECRET"
    ):
        Webhook("https://x.example", "short")
    with pytest.raises(NotConfiguredError, match=r"cannot be read. Found: whsec_ without base64"):
        Webhook("https://x.example", "whsec_???")


def test_secret_is_not_in_what_python_prints() -> None:
    assert SECRET not in repr(Webhook("https://x.example", SECRET))


def test_environment_names_the_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    URL, SECRET_NAME = WEBHOOK_URL.variable, WEBHOOK_SECRET.variable
    for name in (URL, SECRET_NAME):
        monkeypatch.delenv(name, raising=False)
    assert configured() is None
    monkeypatch.setenv(URL, "https://x.example")
    with pytest.raises(NotConfiguredError, match=rf"Found: {URL} alone. Set {SECRET_NAME}"):
        configured()
    monkeypatch.setenv(SECRET_NAME, SECRET)
    assert configured() == Webhook("https://x.example", SECRET)
    monkeypatch.delenv(URL)
    with pytest.raises(NotConfiguredError, match=rf"Found: {SECRET_NAME} alone. Set {URL}"):
        configured()
