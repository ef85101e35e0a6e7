"""A token is usable only while it and its owner are, at the instant it is asked for."""

from typing import Any

import msgspec
import pytest

from tollway.contract.policy import VERSION, ApplicationRecord, TokenRecord
from tollway.policy.usability import find_refusal

NOW = 1_000
TOKEN = TokenRecord(v=VERSION, id="t", mac=bytes(32), pepper_version=1, kind="s", name="n", state="active")
OWNED = msgspec.structs.replace(TOKEN, application_id="a")
OWNER = ApplicationRecord(v=VERSION, id="a", name="n", team_id="m", state="active")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"expires_ns": None}, None),
        ({"expires_ns": NOW + 1}, None),
        ({"expires_ns": NOW}, "token.expired"),
        ({"expires_ns": NOW - 1}, "token.expired"),
        ({"state": "disabled"}, "token.disabled"),
        ({"state": "revoked"}, "token.revoked"),
        # What can be undone is said last: enabling an expired token would not help.
        ({"state": "disabled", "expires_ns": NOW}, "token.expired"),
        ({"state": "revoked", "expires_ns": NOW}, "token.revoked"),
    ],
)
def test_the_tokens_own_state_decides_first(changes: dict[str, Any], refusal: str | None) -> None:
    assert find_refusal(msgspec.structs.replace(TOKEN, **changes), None, NOW) == refusal
    assert find_refusal(msgspec.structs.replace(OWNED, **changes), OWNER, NOW) == refusal


@pytest.mark.parametrize("owner", [None, msgspec.structs.replace(OWNER, state="disabled")])
def test_an_owner_that_is_missing_or_off_refuses_all_its_tokens(owner: ApplicationRecord | None) -> None:
    assert find_refusal(OWNED, owner, NOW) == "token.owner_disabled"
    assert find_refusal(msgspec.structs.replace(OWNED, state="revoked"), owner, NOW) == "token.revoked"
