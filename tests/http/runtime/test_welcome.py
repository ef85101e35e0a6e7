"""A fresh installation hands out a set-up link and a first token; later starts hand out nothing."""

from pathlib import Path

import pytest

from kit.console import Console, console_on
from kit.control import ControlPlane, open_surroundings
from tollway.policy.token import parse_token
from tollway.providers.sandbox import MODELS
from tollway.runtime.welcome import FIRST_TOKEN_SECONDS, welcome

URL = "http://127.0.0.1:8081"


@pytest.fixture
def fresh(tmp_path: Path):
    """A console that nobody has set up."""
    around = open_surroundings(tmp_path)
    yield Console(ControlPlane(around).start(), tmp_path / "ui")
    around.writer.dispose()
    around.reader.dispose()


def test_the_link_sets_up_the_console_once(fresh: Console) -> None:
    link = welcome(fresh.services, URL)["setup_url"]
    assert link.startswith(f"{URL}/setup?token=")
    fields = {"link_token": link.partition("=")[2], "name": "operator", "password": "a long enough password 7"}
    assert fresh.client().post("/api/v1/setup", json=fields).status_code == 200
    assert fresh.client().post("/api/v1/setup", json=fields).status_code >= 400
    assert welcome(fresh.services, URL) == {}


def test_the_first_token_reaches_the_sandbox_alone_for_a_day(fresh: Console) -> None:
    secret = welcome(fresh.services, URL)["first_token"]
    token = fresh.services.tokens.get(parse_token(secret).id)
    assert token.models == tuple(model.name for model in MODELS) and token.services == ()
    assert token.expires_ns == fresh.clock.now_ns() + FIRST_TOKEN_SECONDS * 10**9
    assert token.limits.requests


def test_where_there_are_tokens_no_other_is_made(fresh: Console) -> None:
    assert "first_token" in welcome(fresh.services, URL)
    again = welcome(fresh.services, URL)
    assert "first_token" not in again and "setup_url" in again


def test_an_installation_that_is_set_up_hands_out_nothing(tmp_path: Path) -> None:
    with console_on(tmp_path) as console:
        assert welcome(console.services, URL) == {}
