"""Flags become parts of rights; a part that no flag names is not sent."""

from typing import Any

import pytest
import typer

from tollway.cli.rights_flags import build_cleared, build_list, build_window

BEFORE: dict[str, Any] = {"allow": ["a"], "deny": ["b"], "mode": "watch"}


def test_a_list_that_is_given_replaces_its_own_alone() -> None:
    assert build_list(BEFORE, ["x"], None) == {"allow": ["x"], "deny": ["b"], "mode": "watch"}
    assert build_list(BEFORE, None, ["y", "z"]) == {"allow": ["a"], "deny": ["y", "z"], "mode": "watch"}


def test_hours_without_a_time_are_the_whole_day() -> None:
    assert build_window("sat,sun") == {"days": ["sat", "sun"], "start": "00:00", "end": "24:00"}
    with pytest.raises(typer.BadParameter, match="names no day"):
        build_window("someday")


def test_parts_that_are_cleared_are_null_and_must_be_parts() -> None:
    assert build_cleared({"models": {}, "hours": {}}, ["hours"]) == {"hours": None}
    assert build_cleared({"models": {}}, None) == {}
    with pytest.raises(typer.BadParameter, match="use one of models"):
        build_cleared({"models": {}}, ["colours"])
