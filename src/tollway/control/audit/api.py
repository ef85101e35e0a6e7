"""The audit log over HTTP: looked up, checked, exported as JSON or CSV."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from tollway.control.audit.csv import write_csv
from tollway.control.audit.model import Entry, Outcome, Wanted
from tollway.control.faults import refuse
from tollway.policy.token import find_public_id
from tollway.web.asking import ReadAudit
from tollway.web.fields import Instant, InstantInput, Output, format_instant
from tollway.web.fields import Query as QueryModel
from tollway.web.paging import Page, PageQuery, place_of

router = APIRouter(prefix="/audit", tags=["audit"])

Text = Annotated[str, Field(min_length=1, max_length=200)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
EXPORT_PAGE = 500


class AuditFilter(QueryModel):
    """Which entries. `action` is a whole action or its part before the dot; `actor` is written `user:ID`;
    `token_id` lists what a token was used for at this API.

    `search` is the beginning of a name, of an id or of a request id; or a token, whole or masked, of which only the
    public id is used: what was done to it and what was done with it.
    """

    actor: Text | None = None
    action: Text | None = None
    kind: Text | None = None
    object_id: Text | None = None
    outcome: Outcome | None = None
    request_id: Text | None = None
    token_id: Text | None = None
    search: Text | None = None
    since: InstantInput | None = None
    until: InstantInput | None = None


class AuditQuery(AuditFilter, PageQuery):
    """Which entries to list, and how many."""


class ExportQuery(AuditFilter):
    """Which entries to export, and how."""

    format: Literal["jsonl", "csv"] = "jsonl"


class SinceQuery(QueryModel):
    """A head that was kept elsewhere, which the log must still hold, by its number and hash.

    `behind_seq` and `behind_hash` are where an earlier part ended; `limit` is how many entries to check, default all.
    """

    since_seq: Annotated[int, Field(ge=1, le=2**53)] | None = None
    since_hash: Hash | None = None
    behind_seq: Annotated[int, Field(ge=1, le=2**53)] | None = None
    behind_hash: Hash | None = None
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class EntryOutput(Output):
    """One act. `before` and `after` hold the facts that changed; a refused act has the `code` of its error."""

    seq: int
    at: Instant
    actor: str
    actor_name: str
    role: str
    address: str
    request_id: str
    action: str
    outcome: Outcome
    code: str | None
    kind: str
    object_id: str
    object_name: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    token_id: str | None


class VerdictOutput(Output):
    """What a check found. Keep `head_seq` and `head_hash` elsewhere: they show later that nothing was cut.

    Retention has deleted the entries up to `deleted_through`; the log is proven from the next one on. `has_more`: this
    is about the first `checked` of `total` entries; the next part is asked for behind `head_seq` and `head_hash`.
    """

    is_whole: bool
    checked: int
    head_seq: int
    head_hash: str
    fault: str | None
    at_seq: int | None
    deleted_through: int | None
    total: int
    has_more: bool


@router.get("")
def list_audit(query: Annotated[AuditQuery, Query()], ask: ReadAudit) -> Page[EntryOutput]:
    """List entries, newest first."""
    cursors, place = ask.services.cursors, place_of("/api/v1/audit", query)
    before = cursors.read(query.cursor, place, int) if query.cursor else None
    found = ask.services.audit.page(_wanted(query), before_seq=before, limit=query.limit + 1)
    shown = found[: query.limit]
    following = shown[-1].seq if len(found) > query.limit else None
    return Page(
        items=[show_entry(entry) for entry in shown],
        next_cursor=None if following is None else cursors.write(place, following),
    )


@router.get("/verify")
def verify_audit(query: Annotated[SinceQuery, Query()], ask: ReadAudit) -> VerdictOutput:
    """Check the log, whole or in parts of `limit` entries: every edit, removal, move and cut is found."""
    since = _place("since", query.since_seq, query.since_hash)
    behind = _place("behind", query.behind_seq, query.behind_hash)
    part = ask.services.audit.verify_part(since, behind=behind, limit=query.limit)
    verdict = part.verdict
    return VerdictOutput(
        is_whole=verdict.is_whole,
        checked=verdict.checked,
        head_seq=verdict.head_seq,
        head_hash=verdict.head_hash,
        fault=verdict.fault or None,
        at_seq=verdict.at,
        deleted_through=verdict.deleted_through or None,
        total=part.total,
        has_more=part.next is not None,
    )


def _place(name: str, seq: int | None, digest: str | None) -> tuple[int, bytes] | None:
    """Return a place of the log. Raises management.invalid when only a half of it is given."""
    if seq is None or digest is None:
        if (seq, digest) != (None, None):
            raise refuse(f"query/{name}_seq", f"give both {name}_seq and {name}_hash, or neither")
        return None
    return seq, bytes.fromhex(digest)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {name: {"schema": {"type": "string"}} for name in ("application/jsonl", "text/csv")},
            "description": "One JSON object or one CSV record a line, newest first.",
        }
    },
)
def export_audit(query: Annotated[ExportQuery, Query()], ask: ReadAudit) -> StreamingResponse:
    """Write all entries that match, one JSON object a line or as CSV with a head line, newest first."""
    audit, wanted, is_csv = ask.services.audit, _wanted(query), query.format == "csv"

    def lines() -> Iterator[bytes]:
        before: int | None = None
        if is_csv:
            yield write_csv([list(EntryOutput.model_fields)])
        while found := audit.page(wanted, before_seq=before, limit=EXPORT_PAGE):
            before = found[-1].seq
            shown = [show_entry(entry) for entry in found]
            if is_csv:
                yield write_csv([[_cell(value) for _, value in item] for item in shown])
            else:
                yield b"".join(item.model_dump_json().encode() + b"\n" for item in shown)

    name, kind = ("audit.csv", "text/csv") if is_csv else ("audit.jsonl", "application/jsonl")
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(lines(), media_type=kind, headers=headers)


def _cell(value: object) -> str:
    """Write a value for a cell: facts as JSON, nothing as an empty cell."""
    if isinstance(value, dict):
        return msgspec.json.encode(value, order="sorted").decode()
    return "" if value is None else str(value)


def show_entry(entry: Entry) -> EntryOutput:
    """Write an entry for the API."""
    return EntryOutput(
        seq=entry.seq,
        at=format_instant(entry.at_ns),
        actor=entry.actor,
        actor_name=entry.actor_name,
        role=entry.role,
        address=entry.address,
        request_id=entry.request_id,
        action=entry.action,
        outcome=entry.outcome,
        code=entry.code or None,
        kind=entry.kind,
        object_id=entry.object_id,
        object_name=entry.object_name,
        before=_facts(entry.before),
        after=_facts(entry.after),
        token_id=entry.token_id or None,
    )


def _facts(text: str | None) -> dict[str, object] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, object])


def _wanted(query: AuditFilter) -> Wanted:
    about_token = None if query.search is None else find_public_id(query.search)
    return Wanted(
        actor=query.actor,
        action=query.action,
        kind=query.kind,
        object_id=query.object_id,
        outcome=query.outcome,
        request_id=query.request_id,
        token_id=query.token_id,
        search=query.search if about_token is None else None,
        about_token=about_token,
        since_ns=query.since,
        until_ns=query.until,
    )
