"""Acts on many tokens over HTTP."""

import time
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.control.bulk.model import Act, ActKind, Job, JobState, Wanted
from tollway.control.faults import refuse
from tollway.control.tokens.model import Token, TokenFilter, TokenState
from tollway.web.asking import Asking, FreshBulk, ReadBulk, WriteBulk
from tollway.web.fields import (
    Input,
    Instant,
    InstantInput,
    Output,
    Text,
    format_instant,
    format_instant_or_none,
)
from tollway.web.limits import LimitsInput, read_limits
from tollway.web.paging import Page, PageQuery

router = APIRouter(prefix="/token-jobs", tags=["tokens"])

JobId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
ObjectId = Annotated[str, Field(max_length=100)]
ADVANCE_SECONDS = 1.0


class FilterInput(Input):
    """Which tokens, as the list of tokens is filtered. An empty filter is refused unless `everything` is true."""

    state: TokenState | None = None
    application_id: ObjectId | None = None
    team_id: ObjectId | None = None
    owner_id: ObjectId | None = None
    plan_id: ObjectId | None = None
    search: Annotated[str, Field(max_length=200)] | None = None
    expires_from: InstantInput | None = None
    expires_before: InstantInput | None = None
    everything: bool = False


class ActInput(Input):
    """What is done to each: `set_plan` (`plan_id`, null takes it away), `set_limits` (`limits`), `disable`, `enable`,
    `extend` (`expires_at`, null is never) or `revoke` (`reason`), which cannot be taken back.
    """

    kind: ActKind
    plan_id: ObjectId | None = None
    limits: LimitsInput = LimitsInput()
    expires_at: InstantInput | None = None
    reason: Text = ""


class JobInput(Input):
    """One act on many tokens."""

    filter: FilterInput
    act: ActInput


class SampleOutput(Output):
    """One of the tokens that match."""

    id: str
    masked: str
    name: str
    state: TokenState
    application_name: str | None
    plan_name: str | None
    expires_at: Instant | None


class PreviewOutput(Output):
    """How many tokens match, and the newest of them."""

    total: int
    sample: list[SampleOutput]


class FilterOutput(Output):
    """Which tokens a job is about."""

    state: TokenState | None
    application_id: str | None
    team_id: str | None
    owner_id: str | None
    plan_id: str | None
    search: str | None
    expires_from: Instant | None
    expires_before: Instant | None


class JobOutput(Output):
    """How far a job is: of `total` tokens `looked_at` are past, and `changed` of these were changed.

    `can_undo`: it has ended, and what it changed can be taken back. `undoes` is the job that this one takes back.
    """

    id: str
    state: JobState
    act: ActKind
    plan_id: str | None
    expires_at: Instant | None
    filter: FilterOutput
    total: int
    looked_at: int
    changed: int
    undoes: str | None
    can_undo: bool
    created_at: Instant
    created_by: str
    ended_at: Instant | None


@router.post("/preview")
def preview_token_job(body: JobInput, ask: WriteBulk) -> PreviewOutput:
    """Show how many tokens a job would be about, and some of them; nothing is changed."""
    preview = ask.services.bulk.preview(_wanted(body.filter, ask), _act(body.act))
    now_ns = ask.services.clock.now_ns()
    return PreviewOutput(total=preview.total, sample=[_sample(token, now_ns) for token in preview.sample])


@router.post("", status_code=201)
def start_token_job(body: JobInput, ask: FreshBulk) -> JobOutput:
    """Begin one act on many tokens. The console works on it; look at the job to see how far it is."""
    return _show(ask.services.bulk.start(_wanted(body.filter, ask), _act(body.act), ask.actor))


@router.get("")
def list_token_jobs(query: Annotated[PageQuery, Query()], ask: ReadBulk) -> Page[JobOutput]:
    """List jobs, newest first."""
    return ask.page(query, lambda after, limit: ask.services.bulk.page(after=after, limit=limit), _show)


@router.get("/{job_id}")
def get_token_job(job_id: JobId, ask: ReadBulk) -> JobOutput:
    """Show how far a job is."""
    return _show(ask.services.bulk.get(job_id))


@router.post("/{job_id}/advance")
def advance_token_job(job_id: JobId, ask: WriteBulk) -> JobOutput:
    """Work on a job for about a second; for where no console runs that would."""
    bulk = ask.services.bulk
    ends = time.monotonic() + ADVANCE_SECONDS
    job = bulk.step(job_id)
    while job.state == "running" and time.monotonic() < ends:
        job = bulk.step(job_id)
    return _show(job)


@router.post("/{job_id}/cancel")
def cancel_token_job(job_id: JobId, ask: WriteBulk) -> JobOutput:
    """End a job where it stands. What it changed stays changed, and can be undone."""
    return _show(ask.services.bulk.cancel(job_id, ask.actor))


@router.post("/{job_id}/undo", status_code=201)
def undo_token_job(job_id: JobId, ask: FreshBulk) -> JobOutput:
    """Begin a job that takes another back, token by token, where nobody changed the same since."""
    return _show(ask.services.bulk.undo(job_id, ask.actor))


def _wanted(wanted: FilterInput, ask: Asking) -> Wanted:
    found = TokenFilter(
        state=wanted.state,
        application_id=wanted.application_id,
        owner_id=wanted.owner_id,
        search=wanted.search or None,
        team_id=wanted.team_id,
        plan_id=wanted.plan_id,
        expires_from_ns=wanted.expires_from,
        expires_before_ns=wanted.expires_before,
    )
    if found == TokenFilter() and not wanted.everything:
        raise refuse("/filter", "this would be about every token; say `everything` if you mean that")
    return Wanted(found, ask.sight)


def _act(act: ActInput) -> Act:
    return Act(act.kind, act.plan_id, read_limits(act.limits), act.expires_at, act.reason.strip() or None)


def _sample(token: Token, now_ns: int) -> SampleOutput:
    return SampleOutput(
        id=token.id,
        masked=token.masked,
        name=token.name,
        state=token.state_at(now_ns),
        application_name=token.application_name,
        plan_name=token.plan_name,
        expires_at=format_instant_or_none(token.expires_ns),
    )


def _show(job: Job) -> JobOutput:
    wanted = job.wanted.tokens
    return JobOutput(
        id=job.id,
        state=job.state,
        act=job.act.kind,
        plan_id=job.act.plan_id,
        expires_at=format_instant_or_none(job.act.expires_ns),
        filter=FilterOutput(
            state=wanted.state,
            application_id=wanted.application_id,
            team_id=wanted.team_id,
            owner_id=wanted.owner_id,
            plan_id=wanted.plan_id,
            search=wanted.search,
            expires_from=format_instant_or_none(wanted.expires_from_ns),
            expires_before=format_instant_or_none(wanted.expires_before_ns),
        ),
        total=job.total,
        looked_at=job.looked_at,
        changed=job.changed,
        undoes=job.undoes,
        can_undo=job.state != "running" and job.act.kind != "revoke" and job.undoes is None and job.changed > 0,
        created_at=format_instant(job.created_ns),
        created_by=job.created_by,
        ended_at=format_instant_or_none(job.ended_ns),
    )
