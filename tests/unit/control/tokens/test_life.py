"""Replaced secrets: which still work, how they end, and when ending one is safe."""

from dataclasses import replace

import pytest

from tollway.contract.life import ALWAYS_NS
from tollway.control.tokens.life import (
    NEW_LIFE,
    QUIET_SECONDS_MAX,
    REMEMBERED_MAX,
    REMEMBERED_SECONDS,
    ReplacedSecret,
    quiet_seconds,
)

SECOND = 10**9
OLD = ReplacedSecret(1, b"m", 1, replaced_ns=0, replaced_by="user:ada", valid_until_ns=100)


def test_a_replaced_secret_works_strictly_before_its_end() -> None:
    assert OLD.works_at(99)
    assert not OLD.works_at(100)
    life = replace(NEW_LIFE, old_secrets=(replace(OLD, generation=2), replace(OLD, valid_until_ns=50)))
    assert [old.generation for old in life.working(60)] == [2]


def test_ending_early_ends_what_works_and_leaves_the_rest_as_it_was() -> None:
    over = replace(OLD, generation=0, valid_until_ns=10)
    life = replace(NEW_LIFE, old_secrets=(OLD, over)).end_replaced(50, "user:eve")
    assert life.old_secrets == (replace(OLD, valid_until_ns=50, ended_by="user:eve"), over)


def test_an_overlap_is_never_made_longer() -> None:
    life = replace(NEW_LIFE, old_secrets=(OLD,)).end_replaced(50, "x", until_ns=500)
    assert life.old_secrets == (OLD,)
    waiting = replace(OLD, valid_until_ns=ALWAYS_NS)
    assert replace(NEW_LIFE, old_secrets=(waiting,)).end_replaced(50, "x", until_ns=500).old_secrets == (
        replace(OLD, valid_until_ns=500),
    )


def test_ended_secrets_are_remembered_for_a_while_and_not_without_bound() -> None:
    now = REMEMBERED_SECONDS * SECOND + 100
    life = replace(NEW_LIFE, old_secrets=tuple(replace(OLD, generation=n, valid_until_ns=now) for n in range(20)))
    assert len(life.without_forgotten(now).old_secrets) == REMEMBERED_MAX
    assert replace(NEW_LIFE, old_secrets=(OLD,)).without_forgotten(now).old_secrets == ()


@pytest.mark.parametrize(
    ("overlap_seconds", "quiet"), [(1, 1), (60, 30), (2 * 86_400, 86_400), (30 * 86_400, QUIET_SECONDS_MAX)]
)
def test_how_long_a_secret_must_be_quiet_follows_from_its_overlap(overlap_seconds: int, quiet: int) -> None:
    assert quiet_seconds(replace(OLD, valid_until_ns=overlap_seconds * SECOND)) == quiet
    assert quiet_seconds(replace(OLD, valid_until_ns=ALWAYS_NS)) == QUIET_SECONDS_MAX
