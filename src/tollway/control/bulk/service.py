"""One act on many tokens, as a job that goes on in bounded steps.

Law: each step is one transaction of at most BATCH tokens, published before its lock is given back; so other changes
wait for one step at most, and a job that is cut off goes on where it stood. A job is in the audit log once, when it
ends, with its filter and its count, as the act of who began it; who cancels it has an entry of that. Webhooks are not
told of each token: their queues are shorter than a job.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tollway.contract.life import TokenState
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.bulk.acting import apply_act, keep_before, plain_extend, undo_act
from tollway.control.bulk.errors import cannot_undo, job_not_found, job_not_running, job_running
from tollway.control.bulk.model import ACTS, Act, Before, By, Job, Preview, Wanted
from tollway.control.bulk.ports import BulkStore, Extend, ManyTouching, MayGive, PlanNames
from tollway.control.faults import Faults
from tollway.control.limits.checks import find_faults
from tollway.control.model import Page, Position
from tollway.control.paging import PAGE_SIZE, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.tokens.model import Token
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import JOB, new_id

BATCH = 500
"""Tokens a step: 50 to 100 ms on one core, which is how long another change may wait."""
FORGOTTEN_AT_ONCE = 5_000
"""Rows of what tokens were before: some 30 ms."""
TOKENS_MAX = 1_000_000
SAMPLE = 10
UNDO_SECONDS = 7 * 86_400
REASON_CHARACTERS_MAX = 500
TAKEN_AWAY: frozenset[TokenState] = frozenset(("disabled", "revoked"))
"""What a token may be after an act of somebody who could not give it: taking away needs no right to give."""


@dataclass(frozen=True, slots=True)
class BulkParts:
    """What the service is built from. `extend` holds an expiry against the rules of tokens' lives, and `may_give` what
    a token permits after an act against what its actor may give."""

    store: BulkStore
    plans: PlanNames
    touching: ManyTouching
    transactions: Transactions
    trail: Trail
    clock: Clock
    may_give: MayGive
    extend: Extend = lambda token, expires_ns, _: plain_extend(token, expires_ns)


class Bulk:
    """The jobs of this installation. Thread-safe; whoever steps a job helps the others who do."""

    def __init__(self, parts: BulkParts) -> None:
        self._parts = parts
        self._store = parts.store

    def preview(self, wanted: Wanted, act: Act) -> Preview:
        """Return how many tokens match and some of them; changes nothing. Raises management.invalid."""
        self._check(act)
        now_ns = self._parts.clock.now_ns()
        return Preview(
            self._store.count(wanted, now_ns=now_ns), self._store.sample(wanted, now_ns=now_ns, limit=SAMPLE)
        )

    def start(self, wanted: Wanted, act: Act, actor: Actor) -> Job:
        """Begin a job; `step` does its work. Raises management.invalid, management.conflict (another one runs)."""
        self._check(act)
        total = self._store.count(wanted, now_ns=self._parts.clock.now_ns())
        if total > TOKENS_MAX:
            faults = Faults()
            faults.add("/filter", f"{total} tokens match; a job changes at most {TOKENS_MAX}: filter them")
            faults.check()
        return self._begin(wanted, act, actor, total=total, undoes=None)

    def undo(self, job_id: str, actor: Actor) -> Job:
        """Begin a job that takes another back, token by token, where nobody changed since what it changed.

        Raises management.not_found, management.conflict (revoked tokens stay revoked; one that runs, that is older
        than UNDO_SECONDS, or that was taken back already).
        """
        job = self.get(job_id)
        if job.act.kind == "revoke":
            raise cannot_undo("what is revoked stays revoked")
        if job.ended_ns is None:
            raise cannot_undo("it is still running")
        if job.ended_ns + UNDO_SECONDS * NANOS_PER_SECOND < self._parts.clock.now_ns():
            raise cannot_undo("it ended more than 7 days ago")
        if self._store.find_undo(job_id) is not None:
            raise cannot_undo("it was taken back already")
        return self._begin(job.wanted, job.act, actor, total=job.changed, undoes=job.id)

    def get(self, job_id: str) -> Job:
        """Return the job. Raises management.not_found."""
        job = self._store.find(job_id)
        if job is None:
            raise job_not_found()
        return job

    def page(self, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[Job]:
        """Return a page of jobs, newest first."""
        return self._store.page(after=after, limit=bound_size(limit))

    def cancel(self, job_id: str, actor: Actor) -> Job:
        """End a job where it stands; what it changed stays changed. Raises management.not_found, .conflict (ended)."""
        with self._parts.transactions.write():
            job = self.get(job_id)
            if job.state != "running":
                raise job_not_running()
            # What was changed is the act of who began it; to end it is an act of its own.
            ended = self._end(replace(job, state="cancelled"))
            self._parts.trail.record(actor, "token.bulk_cancel", Subject("job", job.id, "bulk_cancel"))
            return ended

    def step(self, job_id: str) -> Job:
        """Do the next BATCH tokens of a job that is running, and return how far it is. Raises management.not_found."""
        job = self.get(job_id)
        if job.state != "running":
            return job
        # Looked for outside the lock: finding the next tokens of a narrow filter may take long.
        ids, at = self._next(job)
        with self._parts.transactions.write():
            current = self.get(job_id)
            if current != job:
                return current  # somebody else did this step, or cancelled the job
            changed = self._change(job, ids)
            job = replace(
                job,
                looked_at=job.looked_at + len(ids),
                changed=job.changed + changed,
                last_created_ns=at.created_ns,
                last_id=at.id,
            )
            if len(ids) < BATCH:
                return self._end(replace(job, state="done"))
            self._store.put(job)
            return job

    def step_any(self) -> bool:
        """Do a step of the oldest job that is running; False when there is none."""
        job = self._store.find_running()
        if job is None:
            return False
        self.step(job.id)
        return True

    def tidy(self) -> bool:
        """Forget a part of what can no longer be taken back; return whether there may be more."""
        before_ns = self._parts.clock.now_ns() - UNDO_SECONDS * NANOS_PER_SECOND
        with self._parts.transactions.write():
            return self._store.forget(before_ns=before_ns, limit=FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE

    def _begin(self, wanted: Wanted, act: Act, actor: Actor, *, total: int, undoes: str | None) -> Job:
        by = _by(actor)
        with self._parts.transactions.write():
            if self._store.find_running() is not None:
                raise job_running()
            job = Job(
                id=new_id(JOB),
                state="running",
                wanted=wanted,
                act=act,
                by=by,
                total=total,
                created_ns=self._parts.clock.now_ns(),
                created_by=str(actor),
                undoes=undoes,
            )
            self._store.add(job)
        return job

    def _check(self, act: Act) -> None:
        faults = Faults()
        if act.kind not in ACTS:
            faults.add("/act/kind", f"use one of {', '.join(ACTS)}")
        if act.kind == "set_plan" and act.plan_id is not None and self._parts.plans.find_name(act.plan_id) is None:
            faults.add("/act/plan_id", "there is no such plan")
        if act.kind == "set_limits":
            faults.extend("/act/limits", find_faults(act.limits))
        if act.kind == "extend" and act.expires_ns is not None and act.expires_ns <= self._parts.clock.now_ns():
            faults.add("/act/expires_at", "this instant is not in the future")
        if act.reason is not None and len(act.reason) > REASON_CHARACTERS_MAX:
            faults.add("/act/reason", f"at most {REASON_CHARACTERS_MAX} characters")
        faults.check()

    def _next(self, job: Job) -> tuple[list[str], Position]:
        """Return the next tokens of a job, and where it stands after them."""
        at = Position(job.last_created_ns, job.last_id)
        if job.undoes is not None:
            before = self._store.changes(job.undoes, after_id=job.last_id, limit=BATCH)
            return [one.token_id for one in before], Position(0, before[-1].token_id) if before else at
        found = self._store.next_ids(job, now_ns=job.created_ns, limit=BATCH)
        return [one.id for one in found], found[-1] if found else at

    def _change(self, job: Job, ids: list[str]) -> int:
        """Change those of the tokens that the act applies to, in the transaction of the step; return how many.

        One that permits more than the actor may give is left as it is.
        """
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        tokens = self._store.tokens(ids)
        changer = self._undoing(job, ids) if job.undoes is not None else self._doing(job, now_ns)
        actor = _actor(job.by)
        pairs = [
            (token, changed)
            for token in tokens
            if (changed := changer(token)) is not None
            and (changed.state in TAKEN_AWAY or parts.may_give(changed, actor))
        ]
        if not pairs:
            return 0
        self._store.put_tokens(
            [
                replace(changed, updated_ns=now_ns, updated_by=job.created_by, version=token.version + 1)
                for token, changed in pairs
            ]
        )
        if job.undoes is None and job.act.kind != "revoke":
            self._store.add_changes(job.id, [keep_before(token) for token, _ in pairs])
        parts.touching.touch_tokens([token.id for token, _ in pairs])
        return len(pairs)

    def _doing(self, job: Job, now_ns: int) -> Callable[[Token], Token | None]:
        extend = self._parts.extend
        return lambda token: apply_act(
            token,
            job.act,
            lambda one, expires_ns: extend(one, expires_ns, job.by.role),
            now_ns=now_ns,
            by=job.created_by,
        )

    def _undoing(self, job: Job, ids: list[str]) -> Callable[[Token], Token | None]:
        assert job.undoes is not None, "only of a job that takes another back"
        extend = self._parts.extend
        kept: dict[str, Before] = {
            one.token_id: one for one in self._store.changes(job.undoes, after_id=job.last_id, limit=len(ids))
        }
        return lambda token: undo_act(
            token, kept[token.id], job.act, lambda one, expires_ns: extend(one, expires_ns, job.by.role)
        )

    def _end(self, job: Job) -> Job:
        ended = replace(job, ended_ns=self._parts.clock.now_ns())
        self._store.put(ended)
        facts = {"filter": job.wanted.tokens, "act": job.act, "state": job.state, "undoes": job.undoes}
        facts |= {"matched": job.total, "looked_at": job.looked_at, "changed": job.changed}
        act = "bulk_undo" if job.undoes is not None else f"bulk_{job.act.kind}"
        self._parts.trail.record(_actor(job.by), f"token.{act}", Subject("job", job.id, act), None, facts)
        return ended


def _by(actor: Actor) -> By:
    """Return who asks, as it is stored: rights are a plain table there."""
    rights = actor.bound.rights
    return By(
        actor.id,
        actor.kind,
        actor.name,
        actor.role,
        actor.address,
        actor.request_id,
        actor.token_id,
        actor.sight,
        replace(actor.bound, rights=None if rights is None else dict(rights)),
    )


def _actor(by: By) -> Actor:
    return Actor(
        by.id,
        by.kind,
        sight=by.sight,
        bound=by.bound,
        name=by.name,
        role=by.role,
        address=by.address,
        request_id=by.request_id,
        token_id=by.token_id,
    )
