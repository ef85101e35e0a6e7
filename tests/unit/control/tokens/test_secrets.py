"""A new secret beside the old: one identity, an overlap that only ever gets shorter, and a way back."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.policy import RequestLimit
from tollway.control.access.grant import Grant
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import Actor
from tollway.control.limits.model import LimitRules, RequestRule
from tollway.control.tokens.life import OVERLAPS_MAX
from tollway.control.tokens.model import IssuedToken, NewToken
from tollway.kernel.errors import TollwayError
from tollway.policy.token import parse_token

DAY = 86_400
LIMITS = LimitRules(requests=(RequestRule("per-minute", 5, 60),))


@pytest.fixture
def issued(plane: ControlPlane) -> IssuedToken:
    return plane.tokens.issue(NewToken("ci", models=("gpt-4o",), limits=LIMITS), ACTOR)


def mac_of(plane: ControlPlane, secret: str) -> bytes | None:
    return plane.keys.mac(secret.encode(), plane.keys.pepper_version)


def test_r44_a_new_secret_keeps_id_rights_limits_and_expiry(plane: ControlPlane, issued: IssuedToken) -> None:
    """Budgets and limits count under the token's id, so that none is doubled, reset or lost."""
    before = plane.policy.token(issued.token.id)
    rotated = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)
    record = plane.policy.token(issued.token.id)
    parsed = parse_token(rotated.secret.reveal())
    assert parsed is not None
    assert parsed.id == issued.token.id
    assert rotated.secret.reveal() != issued.secret.reveal()
    assert record.mac == mac_of(plane, rotated.secret.reveal())
    assert [old.mac for old in record.old_secrets] == [before.mac]
    assert (record.limits, record.models, record.expires_ns) == (before.limits, before.models, before.expires_ns)
    assert isinstance(record.limits.requests[0], RequestLimit)


def test_the_old_secret_works_for_the_overlap_and_not_longer(plane: ControlPlane, issued: IssuedToken) -> None:
    now = plane.clock.now_ns()
    plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=60)
    assert plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns == now + 60 * 10**9


def test_without_an_overlap_the_old_secret_ends_at_once(plane: ControlPlane, issued: IssuedToken) -> None:
    token = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0).token
    assert token.life.working(plane.clock.now_ns()) == ()


def test_one_act_ends_every_overlap(plane: ControlPlane, issued: IssuedToken) -> None:
    secrets = plane.token_desk.secrets
    for _ in range(2):
        secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)
    token = secrets.end_overlap(issued.token.id, ACTOR)
    assert token.life.working(plane.clock.now_ns()) == ()
    assert {old.ended_by for old in token.life.old_secrets} == {"user:user_1"}
    with pytest.raises(TollwayError, match="No replaced secret"):
        secrets.end_overlap(issued.token.id, ACTOR)


def test_a_rotation_can_be_undone_while_the_old_secret_works(plane: ControlPlane, issued: IssuedToken) -> None:
    secrets = plane.token_desk.secrets
    rotated = secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)
    token = secrets.cancel(issued.token.id, ACTOR)
    record = plane.policy.token(issued.token.id)
    assert record.mac == mac_of(plane, issued.secret.reveal())
    assert record.old_secrets[0].mac == mac_of(plane, rotated.secret.reveal())
    assert record.old_secrets[0].valid_until_ns <= plane.clock.now_ns()
    assert token.life.secret_since_ns is None
    # The next one gets a number of its own: evidence is never mixed up.
    assert secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0).token.life.generation == 3


def test_a_rotation_whose_overlap_is_over_cannot_be_undone(plane: ControlPlane, issued: IssuedToken) -> None:
    plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0)
    with pytest.raises(TollwayError, match="No replaced secret"):
        plane.token_desk.secrets.cancel(issued.token.id, ACTOR)


def test_an_overlap_is_never_made_longer(plane: ControlPlane, issued: IssuedToken) -> None:
    secrets = plane.token_desk.secrets
    secrets.rotate(issued.token.id, ACTOR, overlap_seconds=60)
    until = plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns
    secrets.begin_overlap(issued.token.id, ACTOR, overlap_seconds=DAY)
    assert plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns == until


def test_secrets_do_not_pile_up(plane: ControlPlane, issued: IssuedToken) -> None:
    for _ in range(OVERLAPS_MAX):
        plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)
    with pytest.raises(TollwayError, match="end their overlap first"):
        plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)


@pytest.mark.parametrize("end", ["revoke", "expire"])
def test_what_has_ended_gets_no_new_secret(plane: ControlPlane, issued: IssuedToken, end: str) -> None:
    if end == "revoke":
        plane.tokens.revoke(issued.token.id, ACTOR)
    else:
        plane.clock.advance(91 * DAY)
    with pytest.raises(TollwayError) as caught:
        plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0)
    assert caught.value.code.name == "management.conflict"


def test_r20_who_could_not_issue_a_token_cannot_get_a_secret_of_it(plane: ControlPlane, issued: IssuedToken) -> None:
    bound = Grant(models=("gpt-4o-mini",))
    with pytest.raises(TollwayError) as caught:
        plane.token_desk.secrets.rotate(issued.token.id, replace(ACTOR, bound=bound), overlap_seconds=0)
    assert caught.value.code.name == "management.forbidden"
    stranger = Actor("user_2", "user", sight=Sight(Reach.OWN, "user_2"))
    for act in (plane.token_desk.secrets.end_overlap, plane.token_desk.secrets.cancel):
        with pytest.raises(TollwayError) as caught:
            act(issued.token.id, stranger)
        assert caught.value.code.name == "management.not_found"


def test_no_secret_reaches_the_audit_log_or_the_row(plane: ControlPlane, issued: IssuedToken) -> None:
    rotated = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=DAY)
    with plane.database.reading() as connection:
        for table in ("tokens", "audit"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):  # a name from this list
                for secret in (issued.secret, rotated.secret):
                    assert secret.reveal()[16:] not in repr(row)
