"""All of it works behind a proxy that ends TLS, bounds bodies and has it below one path."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Page, expect

from claimclf.configuration import API, BELOW, DATABASE, MAPPINGS, PROXIES
from claimclf.queue.storage.database import Database
from claimclf.services.intake_stress import wait_until_stored
from claimclf.services.tokens import Scope, make_token
from tests.api.doors import ADMIN
from tests.browser.dashboard import (
    free_port,
    new_context,
    running_dashboard,
    settle,
    trusting_browser,
)
from tests.browser.provider import running_provider
from tests.conftest import ROOT, missing
from tests.queue.builders import videos

pytestmark = pytest.mark.browser
#: Debian has it where only root looks for programs.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
DEPLOY = ROOT / "deploy"
#: What the container of the compose file is started with.
SHIPPED = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["proxy"]
BELOW_PATH = SHIPPED["environment"]["PROXY_BELOW"]
SECRETS = """
[auth]
redirect_uri = "{start}oauth2callback"
cookie_secret = "a secret of this test, long enough to be one"
client_id = "claimclf"
client_secret = "any"
server_metadata_url = "{provider}/.well-known/openid-configuration"

[claimclf.roles]
moderator = ["mo@example.org"]
"""
MAIN = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path .; proxy_temp_path .; fastcgi_temp_path .; uwsgi_temp_path .;
    scgi_temp_path .;
    {server}
}}
"""


def certify(folder: Path) -> None:
    """Write a certificate of this machine's address and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    (folder / "certificate.pem").write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextmanager
def proxy(folder: Path, server: str, port: int | None = None) -> Iterator[str]:
    """Run nginx with the file that ships before a server; yields its address."""
    if NGINX is None:
        missing("nginx", "run `make browser`, which installs Debian's package")
    certify(folder)
    port = port or free_port()
    values = {
        **SHIPPED["environment"],
        "PROXY_LISTEN": f"127.0.0.1:{port}",
        "PROXY_TO": urlsplit(server).netloc,
        "PROXY_CERTIFICATE": str(folder / "certificate.pem"),
        "PROXY_KEY": str(folder / "key.pem"),
    }
    template = (DEPLOY / "proxy.conf.template").read_text("utf-8")
    filled = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], template)
    (folder / "nginx.conf").write_text(MAIN.format(server=filled), "utf-8")
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"])
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def asked(address: str, path: str, token: str = "", body: bytes | None = None) -> tuple[int, bytes]:
    """Ask through the proxy as a program; return status and answer."""
    trusting = ssl._create_unverified_context()  # noqa: S323 - made a moment ago
    place = urlsplit(address).netloc
    connection = http.client.HTTPSConnection(place, timeout=60, context=trusting)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with closing(connection):
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {
        DATABASE.variable: f"sqlite:///{tmp_path / 'queue.db'}",
        MAPPINGS.variable: str(tmp_path / "mappings"),
        API.variable: "on",
        BELOW.variable: BELOW_PATH,
        PROXIES.variable: "127.0.0.1",
    }


def upload_and_download(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Triage queue").first.click()
    expect(page).to_have_url(re.compile(f"{BELOW_PATH}/triage_queue$"))
    settle(page)
    file = folder / "reported.csv"
    videos(7)[["video_id", "video_transcription_text", "report_count"]].to_csv(file, index=False)
    page.locator("input[type=file]").first.set_input_files(file)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    download.value.save_as(folder / "ranked.csv")
    assert len(pd.read_csv(folder / "ranked.csv")) == 7
    page.get_by_role("button", name="Add these 7 videos to the shared queue").click()
    expect(page.get_by_text("Batch 1: 7 new cases")).to_be_visible()


def send_reports(address: str, url: str) -> None:
    database = Database(url)
    token = make_token(database, ADMIN, "shop", list(Scope))
    database.close()
    door = f"{BELOW_PATH}/api/v1"
    report = {"id": "r1", "video_id": "by-http", "at": "2026-11-29T08:30:00Z"}
    assert asked(address, f"{door}/health")[0] == 401
    assert asked(address, "/api/v1/health", token)[0] == 404
    assert asked(address, f"{door}/reports", token, json.dumps(report).encode())[0] == 202
    wait_until_stored(url)
    status, case = asked(address, f"{door}/cases/by-http", token)
    assert (status, json.loads(case)["report_count"]) == (200, 1)
    status, words = asked(address, f"{door}/reports", token, b" " * (9 * 2**19))
    assert (status, json.loads(words)["error"]["code"]) == (413, "too-large")  # the door's own
    assert asked(address, f"{door}/reports", token, b" " * (6 * 2**20))[0] == 413


def test_pages_files_websocket_and_reports_pass_below_the_path_of_a_proxy(
    opened: Browser, settings: dict[str, str], tmp_path: Path
) -> None:
    seen: list[str] = []
    start = ""
    with (
        running_dashboard(**settings) as server,
        proxy(tmp_path, server) as address,
        closing(trusting_browser(opened)) as browser,
        closing(new_context(browser)) as context,
    ):
        start = f"{address}{BELOW_PATH}/"
        page = context.new_page()
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on(
            "console",
            lambda line: (
                seen.append(f"{line.text} {line.location}") if line.type == "error" else None
            ),
        )
        page.on("request", lambda request: seen.append(request.url))
        page.on("websocket", lambda socket: seen.append(socket.url))
        page.goto(address)
        expect(page).to_have_url(start)
        settle(page)
        upload_and_download(page, tmp_path)
        page.goto(f"{start}review")  # as a link in a mail
        settle(page)
        page.get_by_role("button", name="Start reviewing").click()
        expect(page.get_by_text("someone said that thing 0 is true of place 0")).to_be_visible()
        send_reports(address, settings[DATABASE.variable])
        page.goto("about:blank")
    websocket = start.replace("https:", "wss:")
    assert seen[0] == f"{address}/"
    assert any(url.startswith(websocket) for url in seen)
    below = (start, websocket, "about:", "data:", "blob:")
    others = [words for words in seen[1:] if not words.startswith(below)]
    assert others == []  # and no error


def test_people_sign_in_and_out_below_the_path_of_a_proxy(
    opened: Browser, settings: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    start = f"https://127.0.0.1:{port}{BELOW_PATH}/"
    people = {"mo": {"email": "mo@example.org", "email_verified": True}}
    with (
        running_provider(people) as provider,
        running_dashboard(**settings, **signing_in(tmp_path, start, provider)) as server,
        proxy(tmp_path, server, port),
        closing(trusting_browser(opened)) as browser,
        closing(new_context(browser)) as context,
    ):
        page = context.new_page()
        page.goto(f"{start}review")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="mo", exact=True).click()
        page.wait_for_url(f"{start}**")
        page.goto(f"{start}review")
        expect(page.get_by_text("mo@example.org").first).to_be_visible()
        cookies = {cookie["name"]: cookie for cookie in context.cookies()}
        assert cookies["_streamlit_user"]["httpOnly"]
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="End session").click()
        page.wait_for_url(start)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert "_streamlit_user" not in {cookie["name"] for cookie in context.cookies()}
        page.goto("about:blank")


def signing_in(folder: Path, start: str, provider: str) -> dict[str, str]:
    """Return what has people sign in to a dashboard that they open at an address."""
    file = folder / "secrets.toml"
    file.write_text(SECRETS.format(start=start, provider=provider), "utf-8")
    file.chmod(0o600)
    return {"STREAMLIT_SECRETS_FILES": str(file)}
