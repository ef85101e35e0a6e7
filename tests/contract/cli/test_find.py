"""The object a person means, by id, name or masked token."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ID = "abcdefABCDEF"
TOKEN = {"id": ID, "name": "ci", "state": "active", "limits": None}
NO_METERS: dict[str, object] = {"every": []}


@pytest.mark.parametrize("reference", [ID, f"tws_{ID}…", f"tws_{ID}{'x' * 40}"])
def test_a_token_is_meant_by_id_masked_or_whole_and_no_secret_is_sent_on(
    console: ConsoleStandIn, run: Run, reference: str
) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    console.answer("GET", f"/tokens/{ID}/meters", NO_METERS)
    assert run("token", "show", reference, "--json").json["name"] == "ci"
    assert all("xxxx" not in asked.path + str(asked.query) for asked in console.asked)


def test_a_token_is_meant_by_its_name_and_working_ones_come_first(console: ConsoleStandIn, run: Run) -> None:
    ended = {**TOKEN, "id": "ended0000000", "state": "revoked"}
    longer = {**TOKEN, "id": "longer000000", "name": "ci-2"}
    console.answer("GET", "/tokens", {"items": [ended, longer, TOKEN], "next_cursor": None})
    console.answer("POST", f"/tokens/{ID}/revoke", {**TOKEN, "state": "revoked"})
    result = run("token", "revoke", "ci", "--reason", "left")
    assert (result.code, result.out) == (0, f"ci ({ID}) is revoked\n")
    assert console.asked[-1].json == {"reason": "left", "is_compromised": False}


def test_a_name_that_several_have_is_refused_with_their_ids(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/tokens", {"items": [TOKEN, {**TOKEN, "id": "other"}], "next_cursor": None})
    result = run("token", "disable", "ci")
    assert result.code == 1
    assert ID in result.err
    assert "other" in result.err


def test_a_token_that_is_not_there_is_refused(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/tokens", {"items": [], "next_cursor": None})
    result = run("token", "show", "nobody")
    assert (result.code, result.out) == (1, "")
    assert "no token with the name or id 'nobody'" in result.err


def test_an_id_that_is_gone_may_still_be_a_name(console: ConsoleStandIn, run: Run) -> None:
    named = {**TOKEN, "id": "other0000000", "name": ID}
    console.answer("GET", "/tokens", {"items": [named], "next_cursor": None})
    console.answer("POST", "/tokens/other0000000/enable", named)
    assert run("token", "enable", ID).code == 0
    assert [asked.path for asked in console.asked][:2] == [f"/api/v1/tokens/{ID}", "/api/v1/tokens"]
