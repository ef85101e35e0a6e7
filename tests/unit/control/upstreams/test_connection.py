"""How an upstream may be reached: checked before it is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.policy import Timeouts
from tollway.control.faults import Faults
from tollway.control.upstreams.connection import change_connection, check_connection, origin
from tollway.control.upstreams.model import Connection, ConnectionChange


def faults_of(connection: Connection) -> list[str]:
    faults = Faults()
    check_connection(connection, faults)
    return [fault.path for fault in faults.found]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example",
        "https://",
        "https:///path",
        "//a.example",
        "https://user@a.example",
        "https://user:secret@a.example",
        "https://a.example?x=1",
        "https://a.example/#x",
        "https://a.example:0",
        "https://a.example:99999",
        "https://a example",
        "https://a.example\\@b.example",
        "https://[::1",
        "https://bücher.example",
        "sandbox://sandbox",
        "javascript:alert(1)",
        "",
    ],
)
def test_bad_urls_are_refused(url: str) -> None:
    assert faults_of(Connection(url)) == ["/base_url"]
    assert faults_of(Connection("https://a.example", proxy_url=url)) == ["/proxy_url"]


@pytest.mark.parametrize("url", ["http://10.0.0.1:9000/v1", "https://a.example", "https://[::1]:8443/x/"])
def test_good_urls_are_taken(url: str) -> None:
    assert faults_of(Connection(url)) == []


@given(url=st.text(max_size=60))
def test_any_url_is_judged_without_failing(url: str) -> None:
    if not faults_of(Connection(url)):
        assert origin(url)[0] in ("http", "https")


def test_every_other_field_is_checked() -> None:
    connection = Connection(
        "https://a.example",
        allow_private=("10.0.0.0/8", "*", "fd00::/8", "10.0.0.1/8", "x"),
        ca_file="",
        timeouts=Timeouts(connect_seconds=0, idle_seconds=float("nan")),
        headers=(("host", "x"), ("Authorization", "x"), ("X-Api-Key", "x"), ("a b", "x"), ("x-ok", "a\nb"), ("x", "y")),
    )
    assert faults_of(connection) == [
        "/ca_file",
        "/allow_private/3",
        "/allow_private/4",
        "/timeouts/connect_seconds",
        "/timeouts/idle_seconds",
        "/headers/host",
        "/headers/Authorization",
        "/headers/X-Api-Key",
        "/headers",
        "/headers/x-ok",
    ]


def test_change_is_written_in_one_way() -> None:
    faults = Faults()
    change = ConnectionChange(base_url="https://a.example/v1/", headers=(("X-Team", "shop"),))
    changed = change_connection(Connection("https://b.example", proxy_url="http://p.example"), change, faults)
    assert changed == Connection("https://a.example/v1", proxy_url="http://p.example", headers=(("x-team", "shop"),))
    assert not faults.found


def test_origin_knows_default_ports() -> None:
    assert origin("https://A.example/x") == origin("https://a.example:443") == ("https", "a.example", 443)
    assert origin("http://a.example") == ("http", "a.example", 80)
