"""Applications over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.contract.policy import State
from tollway.control.applications.model import Application, ApplicationChange, NewApplication
from tollway.web.asking import Asking, FreshApplications, ReadApplications
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, absent, format_instant
from tollway.web.limits import LimitsInput, LimitsOutput, MetersOutput, read_limits, read_meters, show_limits
from tollway.web.paging import NamedQuery, Page

router = APIRouter(prefix="/applications", tags=["applications"])

ApplicationId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]


class ApplicationQuery(NamedQuery):
    """Which applications to list. `search` is the beginning of a name."""

    team_id: Annotated[str, Field(max_length=64)] | None = None


class ApplicationInput(Input):
    """An application to add. Without `team_id` it belongs to the default team."""

    name: Name
    team_id: str | None = None
    limits: LimitsInput = LimitsInput()
    plan_id: str | None = None


class ApplicationPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: Name = absent()
    team_id: str = absent()
    limits: LimitsInput = absent()
    plan_id: str | None = absent()


class ApplicationOutput(Output):
    """A consumer that owns tokens; its limits hold over all of them together."""

    id: str
    name: str
    team_id: str
    state: State
    limits: LimitsOutput
    plan_id: str | None
    plan_name: str | None
    created_at: Instant
    created_by: str


@router.get("")
def list_applications(query: Annotated[ApplicationQuery, Query()], ask: ReadApplications) -> Page[ApplicationOutput]:
    """List applications, newest first."""
    applications, wanted = ask.services.applications, {"team_id": query.team_id, "search": query.search}
    return ask.page(
        query,
        lambda after, limit: applications.page(**wanted, sight=ask.sight, after=after, limit=limit),
        show_application,
    )


@router.post("", status_code=201)
def create_application(body: ApplicationInput, ask: FreshApplications) -> ApplicationOutput:
    """Add an application."""
    new = NewApplication(body.name, body.team_id, read_limits(body.limits), body.plan_id)
    return _answer(ask.services.applications.create(new, ask.actor), ask)


@router.get("/{application_id}")
def get_application(application_id: ApplicationId, ask: ReadApplications) -> ApplicationOutput:
    """Show an application."""
    return _answer(ask.services.applications.get(application_id, ask.sight), ask)


@router.patch("/{application_id}")
def change_application(
    application_id: ApplicationId, body: ApplicationPatch, expected: ExpectedVersion, ask: FreshApplications
) -> ApplicationOutput:
    """Change an application."""
    limits = read_limits(body.limits) if "limits" in body.model_fields_set else UNSET
    change = ApplicationChange(body.name, body.team_id, limits, body.plan_id)
    applications = ask.services.applications
    return _answer(applications.change(application_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/{application_id}", status_code=204)
def delete_application(application_id: ApplicationId, expected: ExpectedVersion, ask: FreshApplications) -> None:
    """Delete an application that has no live tokens."""
    ask.services.applications.delete(application_id, ask.actor, expected_version=expected)


@router.post("/{application_id}/disable")
def disable_application(
    application_id: ApplicationId, expected: ExpectedVersion, ask: FreshApplications
) -> ApplicationOutput:
    """Refuse the calls of all its tokens until it is enabled again."""
    applications = ask.services.applications
    return _answer(applications.disable(application_id, ask.actor, expected_version=expected), ask)


@router.post("/{application_id}/enable")
def enable_application(
    application_id: ApplicationId, expected: ExpectedVersion, ask: FreshApplications
) -> ApplicationOutput:
    """Accept the calls of its tokens again."""
    applications = ask.services.applications
    return _answer(applications.enable(application_id, ask.actor, expected_version=expected), ask)


@router.get("/{application_id}/meters")
def get_application_meters(application_id: ApplicationId, ask: ReadApplications) -> MetersOutput:
    """Show how much of the application's limits, and those of its plan, is used now."""
    application = ask.services.applications.get(application_id, ask.sight)
    plan = ask.services.limits.plans.find_limits(application.plan_id)
    return read_meters(ask.services.meters, "application", application.id, application.limits, plan)


def show_application(application: Application) -> ApplicationOutput:
    """Write an application for the API."""
    return ApplicationOutput(
        id=application.id,
        name=application.name,
        team_id=application.team_id,
        state=application.state,
        limits=show_limits(application.limits),
        plan_id=application.plan_id,
        plan_name=application.plan_name,
        created_at=format_instant(application.created_ns),
        created_by=application.created_by,
    )


def _answer(application: Application, ask: Asking) -> ApplicationOutput:
    ask.tag(application.version)
    return show_application(application)
