"""Whoever has rights of their own gives tokens no more than these, whomever the tokens belong to."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import ALL_RIGHTS, NameRights, Rights
from tollway.control.accounts.model import NewUser
from tollway.control.actor import OPERATOR, Actor
from tollway.control.applications.model import NewApplication
from tollway.control.rights.model import RightsChange
from tollway.control.tokens.keeping_rights import NoRightsKeeper
from tollway.control.tokens.model import NewToken, TokenChange
from tollway.kernel.errors import TollwayError

OWN = RightsChange(models=NameRights(allow=("gpt-*",)))
BOUND = Rights(models=NameRights(allow=("gpt-*",)))


@pytest.fixture
def ada(plane: ControlPlane) -> Actor:
    """A person who may use some models alone."""
    user = plane.accounts.invite(NewUser("ada", "developer"), OPERATOR).user
    plane.rights.change("user", user.id, OWN, OPERATOR)
    return replace(ACTOR, id=user.id)


def test_a_token_for_an_application_begins_with_the_rights_of_who_issues_it(plane: ControlPlane, ada: Actor) -> None:
    application = plane.applications.create(NewApplication("shop"), OPERATOR)
    token = plane.tokens.issue(NewToken("ci", application.id), ada).token
    assert plane.policy.token(token.id).rights == BOUND


def test_ones_own_token_has_them_by_its_owner(plane: ControlPlane, ada: Actor) -> None:
    token = plane.tokens.issue(NewToken("mine"), ada).token
    assert plane.policy.token(token.id).rights == ALL_RIGHTS
    assert [owner.id for owner in plane.policy.read_snapshot().owners] == [ada.id]


def test_ones_own_token_takes_them_along_to_an_application(plane: ControlPlane, ada: Actor) -> None:
    application = plane.applications.create(NewApplication("shop"), OPERATOR)
    token = plane.tokens.issue(NewToken("mine"), ada).token
    plane.tokens.change(token.id, TokenChange(application_id=application.id), ada)
    assert plane.policy.token(token.id).rights == BOUND


def test_narrower_rights_stay_and_wider_ones_are_not_touched_by_who_has_less(plane: ControlPlane, ada: Actor) -> None:
    application = plane.applications.create(NewApplication("shop"), OPERATOR)
    token = plane.tokens.issue(NewToken("ci", application.id), OPERATOR).token
    plane.rights.change("token", token.id, RightsChange(models=NameRights(allow=("gpt-4o",))), OPERATOR)
    plane.tokens.change(token.id, TokenChange(name="nightly"), ada)
    assert plane.policy.token(token.id).rights.models.allow == ("gpt-4o",)
    plane.rights.change("token", token.id, RightsChange(models=NameRights(allow=("claude-*",))), OPERATOR)
    with pytest.raises(TollwayError, match="models"):
        plane.tokens.change(token.id, TokenChange(name="weekly"), ada)


def test_the_operator_and_whoever_has_no_rights_give_everything(plane: ControlPlane) -> None:
    for actor in (OPERATOR, ACTOR):
        token = plane.tokens.issue(NewToken("ci"), actor).token
        assert plane.policy.token(token.id).rights == ALL_RIGHTS
    token = plane.tokens.get(token.id)
    NoRightsKeeper().bind(token, ACTOR)
