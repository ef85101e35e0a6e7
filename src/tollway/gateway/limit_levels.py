"""Limits of every level, and which of them count for a call: installation, team, user, application, token, both plans,
and the model or service that is asked for.

Law: all levels are asked for room together, so that a call takes from each of them or from none. A call whose caller
has limits of its own alone pays one comparison for all of this.
"""

from collections.abc import Iterator

from tollway.contract.limits import Limits
from tollway.contract.policy import ApplicationRecord, Snapshot, TokenRecord
from tollway.gateway.claims import build_claims, combine, counts_for
from tollway.gateway.room import Claims
from tollway.gateway.subjects import Caller
from tollway.policy.name_rules import compile_groups

REMEMBERED_MAX = 4_096
GLOBAL = "global"
"""Kind and id of the installation as an owner of limits."""


class LimitLevels:
    """The limits of a snapshot beside tokens and applications. Decides nothing; remembers what it has worked out."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._installation = snapshot.limits
        self._plans = {plan.id: plan for plan in snapshot.plans if not plan.limits.is_empty}
        self._owners = {f"{owner.kind}:{owner.id}": owner for owner in snapshot.owners if not owner.limits.is_empty}
        self._models = {model.name: model.limits for model in snapshot.models}
        self._services = {service.id: service for service in snapshot.services if not service.limits.is_empty}
        self._groups = compile_groups({group.name: group.models for group in snapshot.model_groups})
        self._found: dict[tuple[int, int, str, str], tuple[TokenRecord, ApplicationRecord | None, Claims]] = {}

    def find(self, token: TokenRecord, application: ApplicationRecord | None, *, model: str, service_id: str) -> Claims:
        """Return all that a call needs. `model` is what it asks for, "" for none; likewise `service_id`.

        What was worked out is remembered by the very records, which a changed token or application has others of.
        """
        key = id(token), id(application), model, service_id
        known = self._found.get(key)
        if known is not None and known[0] is token and known[1] is application:
            return known[2]
        claims = self._build(token, application, model, service_id)
        if len(self._found) >= REMEMBERED_MAX:
            self._found.pop(next(iter(self._found)))
        self._found[key] = token, application, claims
        return claims

    def _build(self, token: TokenRecord, application: ApplicationRecord | None, model: str, service_id: str) -> Claims:
        levels = [*self._of(token, application), *self._of_target(model, service_id)]
        claims = [
            claim
            for limits, kind, owner_id, plan in levels
            for claim in build_claims(limits, kind, owner_id, plan)
            if counts_for(claim, model, self._groups)
        ]
        says = next((limits.unbounded_output for limits, *_ in levels if limits.unbounded_output is not None), None)
        return combine({claim.key: claim for claim in claims}.values(), says)

    def _of(self, token: TokenRecord, application: ApplicationRecord | None) -> Iterator[tuple[Limits, str, str, str]]:
        """Yield the limits of who calls, nearest first: limits, kind and id of their owner, and a plan's name."""
        yield token.limits, "token", token.id, ""
        plan = self._plans.get(token.plan_id or "")
        if plan is not None:
            yield plan.limits, "token", token.id, plan.name
        if application is not None:
            yield application.limits, "application", application.id, ""
            plan = self._plans.get(application.plan_id or "")
            if plan is not None:
                yield plan.limits, "application", application.id, plan.name
        for kind, owner_id in (("user", token.user_id), ("team", _team(token, application))):
            owner = self._owners.get(f"{kind}:{owner_id or ''}")
            if owner is not None:
                yield owner.limits, kind, owner.id, ""
        yield self._installation, GLOBAL, GLOBAL, ""

    def _of_target(self, model: str, service_id: str) -> Iterator[tuple[Limits, str, str, str]]:
        name = self._find_model(model) if model else None
        if name is not None:
            yield self._models[name], "model", f"model:{name}", ""
        service = self._services.get(service_id)
        if service is not None:
            yield service.limits, "service", service.id, ""

    def _find_model(self, name: str) -> str | None:
        """Return the name of the record that serves a model: its own, else a catch-all's, as Compiled finds it."""
        prefix, slash, _ = name.partition("/")
        candidates = (name, f"{prefix}/*" if slash else name, "*")
        return next((each for each in candidates if each in self._models), None)


def compile_levels(snapshot: Snapshot) -> LimitLevels | None:
    """Compile the limits of a snapshot; None when only tokens and applications have any, without groups of models."""
    records = snapshot.plans, snapshot.owners, snapshot.models, snapshot.services
    limits = [snapshot.limits, *(record.limits for kind in records for record in kind)]
    is_plain = not snapshot.model_groups and all(each.is_empty for each in limits)
    return None if is_plain else LimitLevels(snapshot)


def find_claims(levels: LimitLevels | None, caller: Caller, *, model: str = "", service_id: str = "") -> Claims:
    """Return all that a call needs, given what its token and application ask for by themselves."""
    if levels is not None:
        return levels.find(caller.token, caller.application, model=model, service_id=service_id)
    own = caller.claims
    if own.has_models:
        return combine([claim for claim in own.every if counts_for(claim, model)], own.unbounded_output)
    return own


def _team(token: TokenRecord, application: ApplicationRecord | None) -> str | None:
    return token.team_id if application is None else application.team_id
