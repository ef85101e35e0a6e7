"""Tokens of a document: durations count from their making, and what cannot change is refused."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.faults import Invalid
from tollway.kernel.clock import NANOS_PER_SECOND


def test_duration_counts_from_when_the_token_was_made(plane: ControlPlane) -> None:
    document = "version: 1\ntokens: [{name: t, expires: 1h}]"
    made = plane.clock.now_ns()
    token_id = plane.configuration.apply(document, ACTOR, dry_run=False).secrets[0].id
    plane.clock.advance(600)
    assert plane.configuration.apply(document, ACTOR, dry_run=False).is_empty
    assert plane.tokens.get(token_id).expires_ns == made + 3_600 * NANOS_PER_SECOND


def test_environment_never_changes(plane: ControlPlane) -> None:
    plane.configuration.apply("version: 1\ntokens: [{name: t}]", ACTOR, dry_run=False)
    with pytest.raises(Invalid, match="environment never changes"):
        plane.configuration.apply("version: 1\ntokens: [{name: t, environment: test}]", ACTOR, dry_run=False)
