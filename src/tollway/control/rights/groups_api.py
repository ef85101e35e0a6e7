"""Groups of models over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from tollway.control.rights.model import Group
from tollway.web.asking import Asking, FreshProviders, ReadModels
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, Text, absent, format_instant

router = APIRouter(prefix="/model-groups", tags=["rights"])

GroupName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Members = Annotated[list[Name], Field(min_length=1, max_length=1_000)]


class GroupInput(Input):
    """A group to make: names of models, and patterns with `*`."""

    name: Annotated[str, Field(max_length=63)]
    models: Members
    description: Text = ""


class GroupPatch(Input):
    """Fields to change; those left out stay as they are. `models` replaces all members."""

    models: Members = absent()
    description: Text = absent()


class GroupOutput(Output):
    """Models under one name; rights name it as `group:<name>`."""

    name: str
    models: list[str]
    description: str
    updated_at: Instant
    updated_by: str


class GroupsOutput(Output):
    """Every group, by name."""

    items: list[GroupOutput]


@router.get("")
def list_groups(ask: ReadModels) -> GroupsOutput:
    """List the groups of models."""
    return GroupsOutput(items=[show_group(group) for group in ask.services.rights.groups.all()])


@router.post("", status_code=201)
def create_group(body: GroupInput, ask: FreshProviders) -> GroupOutput:
    """Make a group of models."""
    group = Group(body.name, tuple(dict.fromkeys(body.models)), body.description)
    return _answer(ask.services.rights.groups.create(group, ask.actor), ask)


@router.get("/{group_name}")
def get_group(group_name: GroupName, ask: ReadModels) -> GroupOutput:
    """Show a group of models."""
    return _answer(ask.services.rights.groups.get(group_name), ask)


@router.patch("/{group_name}")
def change_group(
    group_name: GroupName, body: GroupPatch, expected: ExpectedVersion, ask: FreshProviders
) -> GroupOutput:
    """Change a group of models; in force at the next call of everybody whose rights name it."""
    groups = ask.services.rights.groups
    known = groups.get(group_name)
    given = body.model_fields_set
    models = tuple(body.models) if "models" in given else known.models
    description = body.description if "description" in given else known.description
    return _answer(groups.change(group_name, models, description, ask.actor, expected_version=expected), ask)


@router.delete("/{group_name}", status_code=204)
def delete_group(group_name: GroupName, expected: ExpectedVersion, ask: FreshProviders) -> None:
    """Delete a group that nobody's rights name."""
    ask.services.rights.groups.delete(group_name, ask.actor, expected_version=expected)


def show_group(group: Group) -> GroupOutput:
    """Write a group for the API."""
    return GroupOutput(
        name=group.name,
        models=list(group.models),
        description=group.description,
        updated_at=format_instant(group.updated_ns),
        updated_by=group.updated_by,
    )


def _answer(group: Group, ask: Asking) -> GroupOutput:
    ask.tag(group.version)
    return show_group(group)
