"""What `serve` prints: one line that scripts rely on, then what a person needs."""

import pytest

from tollway.runtime.announce import announce

GATEWAY, CONSOLE = "http://127.0.0.1:8080", "http://127.0.0.1:8081"


def test_the_first_line_is_for_scripts_and_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    announce(GATEWAY, CONSOLE, {})
    assert capsys.readouterr().out.splitlines()[0] == f"ready {GATEWAY} {CONSOLE}"


def test_a_fresh_installation_shows_its_link_and_a_call_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    announce(GATEWAY, CONSOLE, {"setup_url": f"{CONSOLE}/setup#x", "first_token": "tws_1"})
    out = capsys.readouterr().out
    assert f"{CONSOLE}/setup#x" in out
    assert f"curl {GATEWAY}/v1/chat/completions" in out and "Bearer tws_1" in out
    assert "token issue" not in out


def test_later_starts_show_no_secret_and_say_how_to_get_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    announce(GATEWAY, CONSOLE, {})
    out = capsys.readouterr().out
    assert "tollway token issue" in out and "Bearer" not in out
