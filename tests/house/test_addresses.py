"""What is said of addresses that people and programs give."""

from __future__ import annotations

import pytest

from claimclf.addresses import link_host, read_database_address
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
        ("https://[x", ""),
        ("https://a..example/", ""),
    ],
)
def test_host_of_a_link_is_the_one_that_a_browser_asks(address: str, host: str) -> None:
    assert link_host(address) == host


@pytest.mark.parametrize("port", ["abc", "-1", "54 32"])
def test_port_of_a_database_that_is_no_number_is_said_without_the_address(port: str) -> None:
    with pytest.raises(NotConfiguredError, match="a port that is no number") as raised:
        read_database_address(f"postgresql://anna:pass-word@127.0.0.1/queue?port={port}")
    assert "pass-word" not in str(raised.value)
