"""A token is usable only while it and its owner are, at the instant it is asked for."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.life import Epoch, EpochKind
from tollway.contract.policy import VERSION, ApplicationRecord, TokenRecord
from tollway.policy.usability import Epochs, find_refusal, read_epochs, usable_window

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


def test_a_token_works_from_its_first_instant_on() -> None:
    """Not-before, to the nanosecond."""
    early = msgspec.structs.replace(TOKEN, not_before_ns=NOW + 1)
    assert find_refusal(early, None, NOW) == "token.not_yet_valid"
    assert find_refusal(early, None, NOW + 1) is None
    # What waiting cannot help is said instead.
    assert find_refusal(msgspec.structs.replace(early, state="disabled"), None, NOW) == "token.disabled"


def test_a_quarantined_token_may_be_used_until_it_expires() -> None:
    held = msgspec.structs.replace(TOKEN, state="quarantined", expires_ns=NOW + 1)
    assert find_refusal(held, None, NOW) is None
    assert find_refusal(held, None, NOW + 1) == "token.expired"


SUBJECTS: list[tuple[EpochKind, str]] = [("installation", ""), ("team", "m"), ("user", "u"), ("application", "a")]
EVERYBODYS = msgspec.structs.replace(OWNED, team_id="m", user_id="u", issued_ns=50)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_r26_an_epoch_of_any_subject_revokes_what_was_issued_before_it(subject: tuple[EpochKind, str]) -> None:
    assert find_refusal(EVERYBODYS, OWNER, NOW, {subject: 51}) == "token.revoked"
    assert find_refusal(EVERYBODYS, OWNER, NOW, {subject: 50}) is None
    assert usable_window(EVERYBODYS, {subject: 51}) == (0, 0)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("other", SUBJECTS)
def test_r26_the_latest_epoch_counts_whichever_subject_has_an_older_one(
    subject: tuple[EpochKind, str], other: tuple[EpochKind, str]
) -> None:
    epochs = {other: 10, subject: 51}
    assert find_refusal(EVERYBODYS, OWNER, NOW, epochs) == "token.revoked"


def test_an_epoch_of_others_does_not_touch_a_token() -> None:
    others: dict[tuple[EpochKind, str], int] = {("team", "x"): 99, ("user", ""): 0, ("application", "y"): 99}
    assert find_refusal(EVERYBODYS, OWNER, NOW, others) is None


@given(
    state=st.sampled_from(["active", "disabled", "quarantined", "revoked"]),
    not_before=st.integers(0, 6),
    expires=st.one_of(st.none(), st.integers(0, 6)),
    issued=st.integers(0, 3),
    epoch=st.integers(0, 3),
    now=st.integers(0, 6),
)
def test_inside_the_compiled_window_nothing_refuses_and_outside_of_it_an_active_token_is_refused(
    state: Any, not_before: int, expires: int | None, issued: int, epoch: int, now: int
) -> None:
    """The short cut and the predicate can never differ."""
    token = msgspec.structs.replace(
        TOKEN, state=state, not_before_ns=not_before, expires_ns=expires, issued_ns=issued, team_id="m"
    )
    epochs: Epochs = {("team", "m"): epoch}
    start, end = usable_window(token, epochs)
    refusal = find_refusal(token, None, now, epochs)
    if start <= now < end:
        assert refusal is None
    elif state != "quarantined":
        assert refusal is not None


def test_of_several_epochs_of_a_subject_the_latest_counts() -> None:
    assert read_epochs((Epoch("team", "m", 5), Epoch("team", "m", 3))) == {("team", "m"): 5}
