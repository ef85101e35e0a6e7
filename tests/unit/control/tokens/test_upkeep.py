"""Notices are told once each, and only an up-to-date ledger ends what is not used."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from kit.life import ListedUses, build_upkeep
from tollway.contract.ledger_api import HealthAnswer, LastUse
from tollway.control.tokens import upkeep
from tollway.control.tokens.model import NewToken, TokenChange
from tollway.control.tokens.upkeep import GRACE_SECONDS

DAY = 86_400
DAY_NS = DAY * 10**9


@pytest.fixture
def told(plane: ControlPlane) -> list[tuple[str, int]]:
    """What was told: (name of the token, days)."""
    found: list[tuple[str, int]] = []
    tell = plane.notifier.tell

    def keep(event) -> None:
        if event.kind == "token.expiring":
            found.append((event.data.name, event.data.days))
        tell(event)

    plane.notifier.tell = keep  # type: ignore[method-assign]  # watches what is told
    return found


def test_each_notice_is_told_once_in_its_time(plane: ControlPlane, told: list[tuple[str, int]]) -> None:
    uses = ListedUses(plane.clock)
    plane.tokens.issue(NewToken("long", expires_ns=plane.clock.now_ns() + 60 * DAY_NS), ACTOR)
    looks = build_upkeep(plane, uses)
    for _ in range(61 * 4):
        looks.tell_expiring()
        plane.clock.advance(DAY // 4)
    assert told == [("long", 30), ("long", 7), ("long", 1)]


def test_a_restart_tells_nothing_again_and_two_consoles_tell_once(
    plane: ControlPlane, told: list[tuple[str, int]]
) -> None:
    plane.tokens.issue(NewToken("soon", expires_ns=plane.clock.now_ns() + 40 * DAY_NS), ACTOR)
    plane.clock.advance(35 * DAY)
    for _ in range(3):
        build_upkeep(plane, ListedUses(plane.clock)).tell_expiring()
    assert told == [("soon", 7)]  # of two that are due, the more urgent one


def test_a_token_that_was_issued_for_less_is_not_announced(plane: ControlPlane, told: list[tuple[str, int]]) -> None:
    plane.tokens.issue(NewToken("short", expires_ns=plane.clock.now_ns() + DAY_NS // 2), ACTOR)
    plane.tokens.issue(NewToken("week", expires_ns=plane.clock.now_ns() + 3 * DAY_NS), ACTOR)
    looks = build_upkeep(plane, ListedUses(plane.clock))
    for _ in range(12):
        looks.tell_expiring()
        plane.clock.advance(DAY // 4)
    assert told == [("week", 1)]


def test_a_renewed_token_is_announced_anew(plane: ControlPlane, told: list[tuple[str, int]]) -> None:
    token = plane.tokens.issue(NewToken("a", expires_ns=plane.clock.now_ns() + 40 * DAY_NS), ACTOR).token
    looks = build_upkeep(plane, ListedUses(plane.clock))
    plane.clock.advance(12 * DAY)
    looks.tell_expiring()
    plane.tokens.change(token.id, TokenChange(expires_ns=plane.clock.now_ns() + 100 * DAY_NS), ACTOR)
    plane.clock.advance(71 * DAY)
    looks.tell_expiring()
    assert told == [("a", 30), ("a", 30)]


def test_many_that_expire_in_one_instant_are_all_announced(
    plane: ControlPlane, told: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 3)
    for number in range(3):
        plane.tokens.issue(NewToken(f"t{number}", expires_ns=plane.clock.now_ns() + 40 * DAY_NS), ACTOR)
    plane.tokens.issue(NewToken("later", expires_ns=plane.clock.now_ns() + 40 * DAY_NS + 5 * 10**9), ACTOR)
    plane.clock.advance(20 * DAY)
    build_upkeep(plane, ListedUses(plane.clock)).tell_expiring()
    assert sorted(name for name, _ in told) == ["later", "t0", "t1", "t2"]


def test_the_owner_is_written_to_once(plane: ControlPlane) -> None:
    plane.tokens.issue(NewToken("a", expires_ns=plane.clock.now_ns() + 40 * DAY_NS), ACTOR)
    plane.clock.advance(20 * DAY)
    written: list[tuple[str, int]] = []
    looks = build_upkeep(plane, ListedUses(plane.clock))
    looks._parts = replace(looks._parts, write_to=lambda token, days, _: written.append((token.name, days)))
    looks.tell_expiring()
    looks.tell_expiring()
    assert written == [("a", 30)]


def idle_token(plane: ControlPlane, name: str = "a") -> str:
    return plane.tokens.issue(NewToken(name, idle_seconds=DAY, expires_ns=None), ACTOR).token.id


def pass_time(plane: ControlPlane, uses: ListedUses, seconds: float) -> None:
    plane.clock.advance(seconds)
    uses.health = HealthAnswer(0, 0, plane.clock.now_ns(), 0)


def test_a_token_that_nobody_uses_ends_after_its_idle_time_and_the_grace(plane: ControlPlane) -> None:
    uses, token_id = ListedUses(plane.clock), idle_token(plane)
    looks = build_upkeep(plane, uses)
    pass_time(plane, uses, DAY + GRACE_SECONDS - 1)
    assert looks.end_idle() == 0
    pass_time(plane, uses, 1)
    assert looks.end_idle() == 1
    token = plane.tokens.get(token_id)
    assert token.state_at(plane.clock.now_ns()) == "expired"
    assert plane.policy.token(token_id).expires_ns is not None
    assert looks.end_idle() == 0
    woken = plane.token_desk.ends.wake(token_id, ACTOR)
    assert (woken.state_at(plane.clock.now_ns()), woken.expires_ns) == ("active", None)
    assert looks.end_idle() == 0  # waking is a sign of life


def test_use_keeps_a_token_alive(plane: ControlPlane) -> None:
    uses, token_id = ListedUses(plane.clock), idle_token(plane)
    looks = build_upkeep(plane, uses)
    for _ in range(4):
        pass_time(plane, uses, DAY - 10)
        uses.use(token_id, plane.clock.now_ns())
        assert looks.end_idle() == 0
    pass_time(plane, uses, DAY + GRACE_SECONDS)
    assert looks.end_idle() == 1


@pytest.mark.parametrize(
    "health",
    [
        None,
        HealthAnswer(0, 0, 0, 0),
        HealthAnswer(upkeep.LAG_BYTES_MAX + 1, 0, 2**62, 0),
        HealthAnswer(0, 0, 2**62, 0, "the disk is full"),
    ],
    ids=["away", "long-ago", "behind", "in-trouble"],
)
def test_without_an_up_to_date_ledger_nothing_ends(plane: ControlPlane, health: HealthAnswer | None) -> None:
    """A ledger that has not seen the uses must not make tokens look unused."""
    uses = ListedUses(plane.clock)
    idle_token(plane)
    plane.clock.advance(9 * DAY)
    uses.health = health
    assert build_upkeep(plane, uses).end_idle() == 0


def idle_notices(plane: ControlPlane, idle_days: int, uses: ListedUses, days: int) -> list[tuple[int, str]]:
    """Look four times a day for so many days and return (days, reason) of what is told."""
    found: list[tuple[int, str]] = []
    tell = plane.notifier.tell

    def keep(event) -> None:
        if event.kind == "token.expiring":
            found.append((event.data.days, event.data.reason))
        tell(event)

    plane.notifier.tell = keep  # type: ignore[method-assign]  # watches what is told
    plane.tokens.issue(NewToken("idle", expires_ns=None, idle_seconds=idle_days * DAY), ACTOR)
    for _ in range(days * 4):
        uses.health = HealthAnswer(0, 0, plane.clock.now_ns(), 0)
        build_upkeep(plane, uses).end_idle()
        plane.clock.advance(DAY // 4)
    return found


@pytest.mark.parametrize(
    ("idle_days", "expected"), [(90, [30, 7, 1]), (31, [7, 1]), (7, [1]), (1, [])], ids=["90", "31", "7", "1"]
)
def test_r40_an_idle_end_is_announced_once_each_as_far_as_it_is_far_off(
    plane: ControlPlane, idle_days: int, expected: list[int]
) -> None:
    told = idle_notices(plane, idle_days, ListedUses(plane.clock), idle_days + 2)
    assert told == [(days, "idle") for days in expected]


def test_a_token_that_is_used_is_never_announced(plane: ControlPlane) -> None:
    class UsedNow(ListedUses):
        def get_last_uses(self, token_ids: list[str]) -> dict[str, LastUse]:
            now = plane.clock.now_ns()
            return {token_id: LastUse(token_id, now, now, "192.0.2.1", "sdk", 1) for token_id in token_ids}

    assert idle_notices(plane, 90, UsedNow(plane.clock), 100) == []


def test_a_token_that_somebody_changes_while_it_is_looked_at_does_not_end(plane: ControlPlane) -> None:
    class ChangedMeanwhile(ListedUses):
        def get_last_uses(self, token_ids: list[str]) -> dict[str, LastUse]:
            plane.tokens.change(token_ids[0], TokenChange(name="in use after all"), ACTOR)
            return super().get_last_uses(token_ids)

    uses, token_id = ChangedMeanwhile(plane.clock), idle_token(plane)
    pass_time(plane, uses, DAY + GRACE_SECONDS + 1)
    assert build_upkeep(plane, uses).end_idle() == 0
    assert plane.tokens.get(token_id).state_at(plane.clock.now_ns()) == "active"
