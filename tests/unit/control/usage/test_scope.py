"""Questions to the ledger never go beyond what the caller sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.records import CloseRecord
from tollway.control.access.model import EVERYWHERE, Reach, Sight
from tollway.control.usage.scope import NO_TEAM, Scope, is_found, narrow, sees_call
from tollway.kernel.errors import TollwayError

MINE = Scope(Sight(Reach.TEAM, "user_1", frozenset({"red", "blue"})), lambda t: t == "mine", lambda a: a == "shop")
NOBODYS = Scope(Sight(Reach.TEAM, "user_2"), lambda _: False, lambda _: False)


def call(**fields: str) -> CloseRecord:
    return CloseRecord("req_1", 1, 1, 200, "ok", "chat", **fields)


@pytest.mark.parametrize(
    ("filters", "narrowed"),
    [
        ({}, {"team": "blue,red"}),
        ({"model": "m"}, {"model": "m", "team": "blue,red"}),
        ({"team": "red"}, {"team": "red"}),
        ({"team": "red,blue"}, {"team": "red,blue"}),
        ({"token": "mine"}, {"token": "mine"}),
        ({"token": "other"}, {"token": "other", "team": "blue,red"}),
        ({"application": "shop"}, {"application": "shop"}),
        ({"application": "other"}, {"application": "other", "team": "blue,red"}),
    ],
)
def test_a_question_is_narrowed_to_what_is_seen(filters: dict[str, str], narrowed: dict[str, str]) -> None:
    assert narrow(filters, MINE) == narrowed  # type: ignore[arg-type]  # dimensions, written as text
    assert narrow(filters, Scope(EVERYWHERE, lambda _: False, lambda _: False)) == filters  # type: ignore[arg-type]


@pytest.mark.parametrize("team", ["green", "red,green", "", ",", "red,"])
def test_another_team_is_not_there(team: str) -> None:
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        narrow({"team": team}, MINE)


def test_who_is_in_no_team_sees_no_call_not_even_those_without_a_team() -> None:
    assert narrow({}, NOBODYS) == {"team": NO_TEAM}
    assert not sees_call(call(), NOBODYS)
    assert not sees_call(call(team_id="red", token_id="mine"), NOBODYS)


@given(team=st.sampled_from(["", "red", "green"]), token=st.sampled_from(["", "mine", "other"]))
def test_a_call_is_seen_by_its_team_or_its_token(team: str, token: str) -> None:
    assert sees_call(call(team_id=team, token_id=token), MINE) == (team == "red" or token == "mine")


def test_only_what_is_missing_counts_as_not_found() -> None:
    def failing(code: str) -> object:
        raise TollwayError(code)

    assert is_found(lambda: 1)
    assert not is_found(lambda: failing("management.not_found"))
    with pytest.raises(TollwayError, match=r"^management\.unavailable"):
        is_found(lambda: failing("management.unavailable"))
