"""The console answers to its own names only, also on loopback."""

import pytest

from kit.console import Console
from tollway.web.hosts import find_name, host_of_listen


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8081", "127.0.0.1", "127.0.0.1:1", "[::1]:8081", "gateway.example:443", "localhost."],
)
def test_its_own_names_are_answered_with_any_port(console: Console, host: str) -> None:
    assert console.client().get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "",
        "localhost@evil",
        "a b",
        "[::1",
        "localhost/api",
        "localhost#x",
        "localhost?x=1",
        "localhost\\x",
        "localhost:x",
        "localhost:80:80",
    ],
)
def test_r8_any_other_name_is_refused_before_anything_is_looked_at(console: Console, host: str) -> None:
    answer = console.client().get("/api/v1/session", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "management.host")


def test_a_wildcard_address_is_not_a_name() -> None:
    assert host_of_listen("0.0.0.0:8081") == "0.0.0.0"
    assert find_name("[2001:db8::1]:80") == "2001:db8::1"


def test_the_local_socket_has_no_names(console: Console) -> None:
    assert console.operator().get("/api/v1/teams", headers={"host": "anything"}).status_code == 200
