"""Decoys are tokens that never work, and any use of one is told."""

import pytest

from kit.control import ACTOR
from kit.security import Security
from tollway.kernel.errors import TollwayError


def test_a_decoy_is_revoked_from_the_start_and_watched_for_until_it_is_removed(security: Security) -> None:
    issued = security.desk.decoys.issue("backup key", " in the wiki ", ACTOR)
    text = issued.secret.reveal()
    assert text.startswith(f"tws_{issued.decoy.token_id}") and text not in repr(issued)
    assert security.plane.tokens.get(issued.decoy.token_id).state == "revoked"
    security.desk.noticing.look()
    assert security.ledger.heeded.decoys == (issued.decoy.token_id,)
    assert [decoy.place for decoy in security.desk.decoys.all()] == ["in the wiki"]
    security.find("decoy_used", issued.decoy.token_id, "critical")
    (event,) = security.events()
    assert (event.kind, event.severity, event.subject_name) == ("decoy_used", "critical", "backup key")
    security.desk.decoys.remove(issued.decoy.token_id, ACTOR)
    security.desk.noticing.look()
    assert security.ledger.heeded.decoys == ()
    with pytest.raises(TollwayError, match="no such decoy"):
        security.desk.decoys.remove(issued.decoy.token_id, ACTOR)


def test_a_place_is_bounded(security: Security) -> None:
    with pytest.raises(TollwayError, match="200 characters"):
        security.desk.decoys.issue("x", "y" * 201, ACTOR)


def test_a_decoy_that_is_put_elsewhere_is_the_same_decoy(security: Security) -> None:
    decoy = security.desk.decoys.issue("backup key", "the wiki", ACTOR).decoy
    moved = security.desk.decoys.move(decoy, " a repository ", ACTOR)
    assert (moved.id, moved.place) == (decoy.token_id, "a repository") and security.desk.decoys.all() == (moved,)
    assert security.desk.decoys.move(moved, "a repository", ACTOR) is moved
    assert security.audited().count("decoy.move") == 1
    with pytest.raises(TollwayError, match="200 characters"):
        security.desk.decoys.move(moved, "y" * 201, ACTOR)


def test_decoys_are_bounded(security: Security, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.control.security.decoys.DECOYS_MAX", 1)
    first = security.desk.decoys.issue("a", "", ACTOR).decoy
    with pytest.raises(TollwayError, match="at most 1 decoys"):
        security.desk.decoys.issue("b", "", ACTOR)
    assert [token.id for token in security.plane.tokens.page().items] == [first.token_id]
    security.desk.decoys.remove(first.token_id, ACTOR)
    security.desk.decoys.issue("b", "", ACTOR)
