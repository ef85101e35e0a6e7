"""What is watched for, over HTTP: rules of the installation and of teams, what is expected, and decoys."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from tollway.control.access.model import Reach
from tollway.control.faults import Faults, Invalid
from tollway.control.security.model import Decoy, Expectation, TeamRules
from tollway.control.security.stated import read_rules, show_fields
from tollway.kernel.errors import TollwayError
from tollway.web.asking import Asking, FreshSecurity, ReadSecurity, WriteSecurity
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, Text, format_instant, format_instant_or_none

router = APIRouter(prefix="/security", tags=["security"])

TeamId = Annotated[str, Query(max_length=100, description="A team; left out: the installation.")]
Short = Annotated[str, Field(max_length=200)]


class SecurityRulesInput(Input):
    """Rules to store. What is left out of `rules` has its built-in value. `team_id` "": the installation."""

    team_id: Short = ""
    rules: dict[str, Any]


class SecurityRulesOutput(Output):
    """Rules with every value. `updated_at` null: the built-in ones."""

    team_id: str
    rules: dict[str, Any]
    updated_at: Instant | None
    updated_by: str | None
    version: int


class AllSecurityRulesOutput(Output):
    """The installation's first, then those of teams that have their own."""

    items: list[SecurityRulesOutput]


class ExpectationBody(Input):
    """What is as it should be. `detail` "": whatever the detector says of the subject."""

    kind: Short
    subject: Short
    detail: Short = ""


class ExpectationOutput(Output):
    """What a person has said is as it should be."""

    kind: str
    subject: str
    detail: str
    created_at: Instant
    created_by: str


class ExpectationsOutput(Output):
    """Oldest first."""

    items: list[ExpectationOutput]


class DecoyInput(Input):
    """A decoy to make. `place` says where it is put, for people."""

    name: Name
    place: Text = ""


class DecoyOutput(Output):
    """A decoy without its text."""

    token_id: str
    name: str
    place: str
    masked: str
    created_at: Instant
    created_by: str


class DecoyTextOutput(DecoyOutput):
    """A fresh decoy and the only sight of its text, which opens nothing."""

    token: str


class DecoysOutput(Output):
    """Newest first."""

    items: list[DecoyOutput]


@router.get("/rules")
def list_security_rules(ask: ReadSecurity) -> AllSecurityRulesOutput:
    """Show the rules of the installation, and those of teams that have their own and are in sight."""
    found = ask.services.security.rules.all()
    return AllSecurityRulesOutput(
        items=[_show_rules(each) for each in found if not each.team_id or _sees(ask, each.team_id)]
    )


@router.put("/rules")
def put_security_rules(body: SecurityRulesInput, expected: ExpectedVersion, ask: FreshSecurity) -> SecurityRulesOutput:
    """Store the rules of the installation or of a team. They hold within seconds."""
    _check_reach(ask, body.team_id)
    rules, faults = ask.services.security.rules, Faults()
    try:
        saved = rules.put(body.team_id, read_rules(body.rules), ask.actor, expected_version=expected)
    except Invalid as error:
        faults.extend("/rules", error.faults)
        raise Invalid(faults.found) from error
    ask.tag(saved.version)
    return _show_rules(saved)


@router.delete("/rules", status_code=204)
def remove_security_rules(ask: FreshSecurity, team_id: TeamId = "") -> None:
    """Forget the rules: a team then has the installation's, the installation the built-in ones."""
    _check_reach(ask, team_id)
    ask.services.security.rules.remove(team_id, ask.actor)


@router.get("/expected")
def list_security_expectations(ask: ReadSecurity) -> ExpectationsOutput:
    """Show what is expected, oldest first."""
    _check_reach(ask, "")
    found = ask.services.security.rules.expectations()
    return ExpectationsOutput(items=[_show_expectation(each) for each in found])


@router.post("/expected/forget", status_code=204)
def forget_security_expectation(body: ExpectationBody, ask: WriteSecurity) -> None:
    """Find it again."""
    _check_reach(ask, "")
    expectation = Expectation(body.kind, body.subject, body.detail, 0, "")
    ask.services.security.rules.forget(expectation, ask.actor)


@router.get("/decoys")
def list_decoys(ask: ReadSecurity) -> DecoysOutput:
    """Show the decoys, newest first."""
    _check_reach(ask, "")
    return DecoysOutput(items=[_show_decoy(each) for each in ask.services.security.decoys.all()])


@router.post("/decoys", status_code=201)
def issue_decoy(body: DecoyInput, ask: FreshSecurity) -> DecoyTextOutput:
    """Make a decoy. The answer shows its text once."""
    _check_reach(ask, "")
    ask.show_once()
    issued = ask.services.security.decoys.issue(body.name, body.place, ask.actor)
    return DecoyTextOutput(**dict(iter(_show_decoy(issued.decoy))), token=issued.secret.reveal())


@router.delete("/decoys", status_code=204)
def remove_decoy(ask: FreshSecurity, token_id: Annotated[str, Query(max_length=100)]) -> None:
    """Watch for a decoy no more."""
    _check_reach(ask, "")
    ask.services.security.decoys.remove(token_id, ask.actor)


def _sees(ask: Asking, team_id: str) -> bool:
    return ask.sight.covers(team_id=team_id)


def _check_reach(ask: Asking, team_id: str) -> None:
    """Raise management.forbidden for what is not of the caller's teams."""
    if ask.sight.reach is not Reach.ALL and not (team_id and _sees(ask, team_id)):
        raise TollwayError("management.forbidden", public="This is for those who look after the whole installation.")


def _show_rules(rules: TeamRules) -> SecurityRulesOutput:
    return SecurityRulesOutput(
        team_id=rules.team_id,
        rules=show_fields(rules.rules),
        updated_at=format_instant_or_none(rules.updated_ns or None),
        updated_by=rules.updated_by or None,
        version=rules.version,
    )


def _show_expectation(expectation: Expectation) -> ExpectationOutput:
    return ExpectationOutput(
        kind=expectation.kind,
        subject=expectation.subject,
        detail=expectation.detail,
        created_at=format_instant(expectation.created_ns),
        created_by=expectation.created_by,
    )


def _show_decoy(decoy: Decoy) -> DecoyOutput:
    return DecoyOutput(
        token_id=decoy.token_id,
        name=decoy.name,
        place=decoy.place,
        masked=decoy.masked,
        created_at=format_instant(decoy.created_ns),
        created_by=decoy.created_by,
    )
