"""Applications: never deleted under live tokens, and no token outlives its own."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.applications.model import ApplicationChange, NewApplication
from tollway.control.faults import Invalid
from tollway.control.limits.model import LimitRules, RequestRule
from tollway.control.tokens.model import NewToken, TokenChange
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError


def test_application_is_published_with_its_limits(plane: ControlPlane) -> None:
    new = NewApplication("shop", limits=LimitRules(requests=(RequestRule("rpm", 5, 60),)))
    application = plane.applications.create(new, ACTOR)
    record = plane.policy.application(application.id)
    assert (record.team_id, record.state) == ("team_default", "active")
    assert record.limits.requests[0].requests == 5
    plane.applications.disable(application.id, ACTOR)
    assert plane.policy.application(application.id).state == "disabled"
    plane.applications.enable(application.id, ACTOR)
    assert plane.policy.application(application.id).state == "active"


def test_live_tokens_keep_their_application(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    token = plane.tokens.issue(NewToken("t", application.id), ACTOR).token
    plane.tokens.disable(token.id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict.*1 tokens"):
        plane.applications.delete(application.id, ACTOR)
    plane.tokens.revoke(token.id, ACTOR)
    plane.applications.delete(application.id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.applications.get(application.id)


def test_expired_token_of_a_deleted_application_cannot_come_back(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    soon = plane.clock.now_ns() + NANOS_PER_SECOND
    token = plane.tokens.issue(NewToken("t", application.id, expires_ns=soon), ACTOR).token
    plane.clock.advance(2)
    plane.applications.delete(application.id, ACTOR)
    assert plane.policy.token(token.id).state == "revoked"
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.tokens.change(token.id, TokenChange(expires_ns=None), ACTOR)


def test_faults_and_versions(plane: ControlPlane) -> None:
    with pytest.raises(Invalid) as caught:
        plane.applications.create(NewApplication("", "team_none", LimitRules(concurrency=0)), ACTOR)
    assert [fault.path for fault in caught.value.faults] == ["/name", "/team_id", "/limits/concurrency"]
    application = plane.applications.create(NewApplication("a"), ACTOR)
    assert plane.applications.change(application.id, ApplicationChange(name="a"), ACTOR) == application
    plane.applications.change(application.id, ApplicationChange(name="b"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.applications.delete(application.id, ACTOR, expected_version=1)
    plane.applications.create(NewApplication("a"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.applications.change(application.id, ApplicationChange(name="A"), ACTOR)
    assert len(plane.applications.page().items) == 2
