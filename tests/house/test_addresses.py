"""What is said of addresses that people and programs give."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import make_url

from claimclf.addresses import (
    is_web_address,
    link_host,
    read_database_address,
    without_secrets,
)
from claimclf.dataset.validation import rules
from claimclf.errors import NotConfiguredError


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.tiktok.com/@someone/video/1", "www.tiktok.com"),
        ("https://WWW.TikTok.com:444/x@y", "www.tiktok.com"),
        ("https://tiktok.com@a.example/", ""),
        ("https://tiktok.com:443@a.example/", ""),
        ("https://a.example\\@tiktok.com/", ""),
        ("https://t\u0456ktok.com/", "xn--tktok-n2e.com"),
        ("https:///x", ""),
        ("//server/clip.mp4", ""),
        ("javascript://video.example/%0aalert(1)", ""),
        ("file://server/clip.mp4", ""),
        ("https://[x", ""),
        ("https://a..example/", ""),
    ],
)
def test_host_of_a_link_is_the_one_that_a_browser_asks(address: str, host: str) -> None:
    assert link_host(address) == host


@example("https://", "x\n")
@example("https://", "x\x1b[31m")
@example("https://", "x\x85")
@given(st.sampled_from(["https://", "http://", "HTTPS://", "//", "data:", ""]), st.text())
def test_one_rule_says_what_a_link_is_in_files_and_in_reports(start: str, rest: str) -> None:
    cells = pd.Series([start + rest, "https://video.example/1"], dtype="str")
    assert is_web_address(start + rest) == rules._are_addresses(cells)[0]
    assert rules._are_addresses(cells)[1]
    assert not any(char in start + rest for char in "\n\x1b\x85") or not is_web_address(
        start + rest
    )


@pytest.mark.parametrize("port", ["abc", "-1", "54 32"])
def test_port_of_a_database_that_is_no_number_is_said_without_the_address(port: str) -> None:
    with pytest.raises(NotConfiguredError, match="a port that is no number") as raised:
        read_database_address(f"postgresql://anna:pass-word@127.0.0.1/queue?port={port}")
    assert "pass-word" not in str(raised.value)


def test_driver_quotes_no_part_of_a_password_that_held_a_mark() -> None:
    url = make_url("postgresql://127.0.0.1:1/queue?password=first&second==&host=db.example")
    words = 'connection to "db.example" failed: option "second", password "first"'
    said = without_secrets(words, url)
    assert said == 'connection to "db.example" failed: option "...", password "..."'
