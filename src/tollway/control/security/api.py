"""Security events over HTTP: the inbox and its acts, what a token is, and reports by the operator's own scan."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.contract.watching import Severity
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.security.model import (
    ActState,
    AddressesKept,
    EventFilter,
    EventState,
    LeakReport,
    SecurityEvent,
    TokenStanding,
)
from tollway.policy.token import mask, parse_token
from tollway.web.asking import FreshSecurity, ReadSecurity, WriteSecurity
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, Text, format_instant, format_instant_or_none
from tollway.web.paging import Page, PageQuery

router = APIRouter(prefix="/security", tags=["security"])

EventId = Annotated[str, Path(pattern=r"^sec_[0-9A-Za-z]{1,32}$")]
Note = Annotated[Text, Field(max_length=500)]
TokenText = Annotated[str, Field(max_length=200)]
TOKENS_MAX = 1_000


class SecurityEventQuery(PageQuery):
    """Which events to list. `subject` is the id of a token, or a source."""

    state: EventState | None = None
    kind: Annotated[str, Field(max_length=50)] | None = None
    severity: Severity | None = None
    subject: Annotated[str, Field(max_length=100)] | None = None


class SecurityEventOutput(Output):
    """One thing that was noticed or reported. `act` is what the rules or a person said, `act_state` what became of it.

    `can_undo`: what was done can be undone now. `token_id` null: it is about a source, `subject`.
    """

    id: str
    kind: str
    severity: Severity
    subject: str
    token_id: str | None
    token_name: str | None
    team_id: str | None
    detail: str
    facts: dict[str, str | int | float | bool]
    state: EventState
    first_at: Instant
    last_at: Instant
    count: int
    act: Literal["notify", "limit", "quarantine", "revoke"]
    act_state: ActState
    act_at: Instant | None
    act_by: str | None
    can_undo: bool
    note: str
    closed_at: Instant | None
    closed_by: str | None


class SecuritySummaryOutput(Output):
    """Open events by severity. `addresses`: what records hold of callers' addresses; with `none`, no detector sees
    where a call came from.
    """

    low: int
    medium: int
    high: int
    critical: int
    addresses: AddressesKept


class SecurityNoteInput(Input):
    """Why it is closed; kept with the event."""

    note: Note = ""


class SecurityActInput(Input):
    """What to do with the event's token."""

    act: Literal["limit", "quarantine", "revoke"]


class LookupItem(Input):
    """A whole token."""

    token: TokenText


class LookupInput(Input):
    """Tokens to look up."""

    tokens: Annotated[list[LookupItem], Field(max_length=TOKENS_MAX)]


class ReportItem(Input):
    """A whole token, and where it was found."""

    token: TokenText
    url: Annotated[str, Field(max_length=2_000)] = ""
    source: Annotated[str, Field(max_length=100)] = ""


class ReportInput(Input):
    """Tokens that were found."""

    tokens: Annotated[list[ReportItem], Field(max_length=TOKENS_MAX)]


class StandingOutput(Output):
    """What a token is. `masked` null: the text is no token at all."""

    masked: str | None
    state: TokenStanding
    event_id: str | None = None


class StandingsOutput(Output):
    """In the order they were asked."""

    items: list[StandingOutput]


@router.get("/events")
def list_security_events(query: Annotated[SecurityEventQuery, Query()], ask: ReadSecurity) -> Page[SecurityEventOutput]:
    """List security events, newest first."""
    wanted = EventFilter(query.state, query.kind, query.severity, query.subject)
    events = ask.services.security.events

    def fetch(after: Position | None, limit: int) -> Found[SecurityEvent]:
        return events.page(wanted, sight=ask.sight, after=after, limit=limit)

    return ask.page(query, fetch, show_event)


@router.get("/summary")
def get_security_summary(ask: ReadSecurity) -> SecuritySummaryOutput:
    """Count the open events."""
    security = ask.services.security
    counts = security.events.count_open(ask.sight)
    return SecuritySummaryOutput(
        low=counts.get("low", 0),
        medium=counts.get("medium", 0),
        high=counts.get("high", 0),
        critical=counts.get("critical", 0),
        addresses=security.addresses,
    )


@router.get("/events/{event_id}")
def get_security_event(event_id: EventId, ask: ReadSecurity) -> SecurityEventOutput:
    """Show an event."""
    event = ask.services.security.events.get(event_id, ask.sight)
    ask.tag(event.version)
    return show_event(event)


@router.post("/events/{event_id}/acknowledge")
def acknowledge_security_event(
    event_id: EventId, expected: ExpectedVersion, ask: WriteSecurity, body: SecurityNoteInput | None = None
) -> SecurityEventOutput:
    """Close the event: it was looked into."""
    events, note = ask.services.security.events, body.note if body else ""
    event = events.acknowledge(event_id, ask.actor, note=note, expected_version=expected)
    ask.tag(event.version)
    return show_event(event)


@router.post("/events/{event_id}/expected")
def mark_security_event_expected(
    event_id: EventId, expected: ExpectedVersion, ask: FreshSecurity, body: SecurityNoteInput | None = None
) -> SecurityEventOutput:
    """Close the event, undo what was done about it, and find the same of this subject no more."""
    events, note = ask.services.security.events, body.note if body else ""
    event = events.mark_expected(event_id, ask.actor, note=note, expected_version=expected)
    ask.tag(event.version)
    return show_event(event)


@router.post("/events/{event_id}/act")
def act_on_security_event(
    event_id: EventId, expected: ExpectedVersion, ask: WriteSecurity, body: SecurityActInput | None = None
) -> SecurityEventOutput:
    """Limit, quarantine (unless said otherwise) or revoke the event's token. A revocation by a person is for ever."""
    act = body.act if body else "quarantine"
    event = ask.services.security.events.act(event_id, act, ask.actor, expected_version=expected)
    ask.tag(event.version)
    return show_event(event)


@router.post("/events/{event_id}/undo")
def undo_security_act(event_id: EventId, expected: ExpectedVersion, ask: FreshSecurity) -> SecurityEventOutput:
    """Make the token as it was before the event, or as other events about it say."""
    event = ask.services.security.events.undo(event_id, ask.actor, expected_version=expected)
    ask.tag(event.version)
    return show_event(event)


@router.post("/lookup")
def look_up_tokens(body: LookupInput, ask: WriteSecurity) -> StandingsOutput:
    """Say what tokens are. Only the whole secret counts: an id with another secret is unknown."""
    ask.show_once()
    leaks = ask.services.security.leaks
    return StandingsOutput(
        items=[StandingOutput(masked=_masked(each.token), state=leaks.stand(each.token)) for each in body.tokens]
    )


@router.post("/reports")
def report_tokens(body: ReportInput, ask: WriteSecurity) -> StandingsOutput:
    """Report tokens that were found somewhere; acts as the rules say, and says what each token is then."""
    ask.show_once()
    actor, items = ask.actor, []
    reports = [LeakReport(each.token, each.url, each.source, str(actor)) for each in body.tokens]
    settled = ask.services.security.leaks.report(reports, actor)
    for each, (state, event) in zip(reports, settled, strict=True):
        shown = (
            event if event is not None and ask.sight.covers(owner_id=event.owner_id, team_id=event.team_id) else None
        )
        items.append(
            StandingOutput(masked=_masked(each.token), state=state, event_id=None if shown is None else shown.id)
        )
    return StandingsOutput(items=items)


def show_event(event: SecurityEvent) -> SecurityEventOutput:
    """Write an event."""
    return SecurityEventOutput(
        id=event.id,
        kind=event.kind,
        severity=event.severity,
        subject=event.subject,
        token_id=event.subject if event.is_token else None,
        token_name=event.subject_name if event.is_token else None,
        team_id=event.team_id,
        detail=event.detail,
        facts=event.facts,
        state=event.state,
        first_at=format_instant(event.created_ns),
        last_at=format_instant(event.last_ns),
        count=event.count,
        act=event.act,
        act_state=event.act_state,
        act_at=format_instant_or_none(event.act_ns),
        act_by=event.act_by,
        can_undo=event.act_state == "done",
        note=event.note,
        closed_at=format_instant_or_none(event.closed_ns),
        closed_by=event.closed_by,
    )


def _masked(text: str) -> str | None:
    parsed = parse_token(text)
    return None if parsed is None else mask(parsed.id, parsed.kind)
