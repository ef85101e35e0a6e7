"""Configuration as one YAML document over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from tollway.control.configuration.model import Action, Changes, ObjectKind
from tollway.kernel.errors import TollwayError
from tollway.web.asking import FreshConfiguration, ReadConfiguration
from tollway.web.fields import Output
from tollway.web.fields import Query as QueryModel

router = APIRouter(prefix="/configuration", tags=["configuration"])

MEDIA_TYPES = ("application/yaml", "application/x-yaml", "text/yaml")
_YAML: dict[str, Any] = {"application/yaml": {"schema": {"type": "object"}}}
BYTES_MAX = 1_048_576


class ApplyQuery(QueryModel):
    """Whether to change anything, or only to say what would change."""

    dry_run: bool = False


class FieldOutput(Output):
    """One field, in the document's own words; credentials show as their reference or `stored`."""

    path: str
    before: Any
    after: Any


class ChangeOutput(Output):
    """What happens to one object of the document."""

    action: Action
    kind: ObjectKind
    name: str
    fields: list[FieldOutput]


class SecretOutput(Output):
    """A token or a decoy that the document made, or the signing secret of a webhook, shown this once."""

    kind: ObjectKind
    name: str
    id: str
    token: str


class AppliedOutput(Output):
    """The difference between the document and what was stored. `applied` is false for a dry run."""

    changes: list[ChangeOutput]
    applied: bool
    secrets: list[SecretOutput]


async def _document(request: Request) -> str:
    """Read the body as UTF-8. Raises request.media_type, request.body_too_large or request.body_invalid."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise TollwayError("request.media_type", public="Send the document as application/yaml.")
    raw = await request.body()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TollwayError("request.body_invalid", public="The document is not UTF-8.") from error


@router.get(
    "",
    response_class=Response,
    responses={200: {"content": _YAML, "description": "The document, without secrets."}},
)
def export_configuration(ask: ReadConfiguration) -> Response:
    """Write everything configured as one document that `apply` accepts.

    Secrets show as references; `stored` stands for stored keys, values of fixed headers and URLs with secrets.
    """
    return Response(ask.services.configuration.export(), media_type="application/yaml")


@router.post("", openapi_extra={"requestBody": {"required": True, "content": _YAML}})
def apply_configuration(
    query: Annotated[ApplyQuery, Query()], ask: FreshConfiguration, document: Annotated[str, Depends(_document)]
) -> AppliedOutput:
    """Bring what the document names to what it says, whole or not at all. Objects that are not in it are left alone."""
    ask.show_once()
    return show_changes(ask.services.configuration.apply(document, ask.actor, dry_run=query.dry_run))


def show_changes(changes: Changes) -> AppliedOutput:
    """Write what was, or would be, changed."""
    return AppliedOutput(
        changes=[
            ChangeOutput(
                action=change.action,
                kind=change.kind,
                name=change.name,
                fields=[FieldOutput(path=one.path, before=one.before, after=one.after) for one in change.fields],
            )
            for change in changes.changes
        ],
        applied=changes.applied,
        secrets=[
            SecretOutput(kind=secret.kind, name=secret.name, id=secret.id, token=secret.token.reveal())
            for secret in changes.secrets
        ],
    )
