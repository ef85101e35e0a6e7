"""What a token may do, and whose rules say so: "may it do that, and why?".

Answered by the very functions that workers decide by, over the very records that they read: the snapshot that was
published last, and the token's and its application's record as they are published. Nothing is called.
"""

from dataclasses import dataclass, replace

from msgspec import structs

from tollway.contract.policy import (
    ApplicationRecord,
    ModelRecord,
    OwnerRecord,
    Snapshot,
    TokenRecord,
    decode_application,
    decode_token,
)
from tollway.contract.rights import ALL_RIGHTS, NameRights, Rights
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.applications.service import Applications
from tollway.control.faults import refuse
from tollway.control.publication.records import encode_application, encode_token
from tollway.control.publication.service import Publisher
from tollway.control.rights.model import INSTALLATION
from tollway.control.rights.paths import find_place
from tollway.control.rights.ports import RightsStore
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import Clock
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError
from tollway.policy.levels import build_chain, compile_levels
from tollway.policy.name_rules import GroupBook
from tollway.policy.rights import (
    Chain,
    Decision,
    Denied,
    Question,
    Uses,
    Way,
    decide,
    decide_model,
    decide_place,
    decide_service,
    decide_uses,
    decide_way,
    is_alias,
)
from tollway.policy.usability import find_refusal, read_epochs
from tollway.wire.canonical_path import canonical_path

CODES = {
    "scopes": "token.scope_denied",
    "hours": "token.outside_window",
    "networks": "token.address_denied",
    "routes": "token.route_denied",
    "services": "token.service_denied",
    "models": "token.model_denied",
    "parameters": "token.parameter_denied",
}
"""What a caller would be told."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rights that apply to a token, and whose they are. The level `lists` are the token's plain lists of names."""

    level: str
    owner_id: str
    name: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that somebody wonders about. `address` None: not judged by it; `at_ns` None: now."""

    model: str | None = None
    method: str = "POST"
    path: str | None = None
    address: str | None = None
    at_ns: int | None = None
    uses: Uses | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One way to serve the model, and why it may not be used ("" when it may)."""

    provider: str
    upstream_model: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. Of a no: what the caller would be told, the rule, and the level whose it is; "" where it is no right.

    `watched` is what would have refused the call were its networks enforced.
    """

    is_allowed: bool
    code: str = ""
    reason: str = ""
    rule: str = ""
    level: str = ""
    level_name: str = ""
    opens_ns: int | None = None
    watched: str = ""
    ways: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectiveParts:
    """What the service is built from."""

    store: RightsStore
    tokens: Tokens
    applications: Applications
    publisher: Publisher
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Held:
    """Everything that a token's calls are judged by."""

    token: TokenRecord
    application: ApplicationRecord | None
    snapshot: Snapshot


class Effective:
    """Explains the rights of tokens. Read only; thread-safe."""

    def __init__(self, parts: EffectiveParts) -> None:
        self._parts = parts

    def sources(self, token_id: str, sight: Sight = EVERYWHERE) -> tuple[Source, ...]:
        """Return every set of rights that applies to the token and says something, in the order of the levels.

        Raises management.not_found, also for a token out of sight.
        """
        held = self._held(token_id, sight)
        token, application, snapshot = held.token, held.application, held.snapshot
        owners: dict[tuple[str, str | None], OwnerRecord] = {(owner.kind, owner.id): owner for owner in snapshot.owners}
        plans = {plan.id: [Source("plan", plan.id, plan.name, plan.rights)] for plan in snapshot.plans}
        found = [Source("installation", INSTALLATION, "", snapshot.rights)]
        team_ids = dict.fromkeys((token.team_id, None if application is None else application.team_id))
        wanted = [*(("team", team_id) for team_id in team_ids), ("user", token.user_id)]
        for key in wanted:
            owner = owners.get(key)
            if owner is not None:
                found.append(Source(owner.kind, owner.id, owner.name, owner.rights))
        if application is not None:
            found.append(Source("application", application.id, application.name, application.rights))
            found += plans.get(application.plan_id or "", [])
        found.append(Source("token", token.id, token.name, token.rights))
        lists = Rights(models=NameRights(token.models), services=NameRights(token.services))
        found.append(Source("lists", token.id, token.name, lists))
        found += plans.get(token.plan_id or "", [])
        return tuple(source for source in found if source.rights != ALL_RIGHTS)

    def judge(self, token_id: str, asked: Asked, sight: Sight = EVERYWHERE) -> Verdict:
        """Return whether the token may make a call, and why not. Raises management.not_found, .invalid."""
        held = self._held(token_id, sight)
        _check(asked)
        now = self._parts.clock.now_ns() if asked.at_ns is None else asked.at_ns
        refusal = find_refusal(held.token, held.application, now, read_epochs(held.snapshot.epochs))
        if refusal is not None:
            return Verdict(False, refusal, BY_NAME[refusal].meaning)
        levels = compile_levels(held.snapshot)
        return _Judging(build_chain(levels, held.token, held.application), levels.groups, held, now).answer(asked)

    def refuse_place(self, token_id: str, address: str) -> None:
        """Raise token.address_denied or token.outside_window unless the token may be used from there, and now.

        For requests that are no calls of the gateway: its networks and hours hold for them too, those of all levels.
        """
        held, now = self._held(token_id, EVERYWHERE), self._parts.clock.now_ns()
        chain = build_chain(compile_levels(held.snapshot), held.token, held.application)
        denied = decide_place(chain, address, now)
        if isinstance(denied, Denied):
            code = "token.outside_window" if denied.dimension == "hours" else "token.address_denied"
            raise TollwayError(code, public=f"The token may not be used here and now: {denied}.")

    def _held(self, token_id: str, sight: Sight) -> _Held:
        parts = self._parts
        token = parts.tokens.get(token_id, sight)
        rights = parts.store.many("token", [token.id]).get(token.id, ALL_RIGHTS)
        record = decode_token(encode_token(token, rights))
        application = None
        if token.application_id is not None:
            found = parts.applications.get(token.application_id)
            own = parts.store.many("application", [found.id]).get(found.id, ALL_RIGHTS)
            application = decode_application(encode_application(found, own))
        return _Held(record, application, parts.publisher.snapshot())


class _Judging:
    """One question to the rights of one token."""

    def __init__(self, chain: Chain, groups: GroupBook, held: _Held, now_ns: int) -> None:
        self._chain = chain
        self._groups = groups
        self._held = held
        self._now_ns = now_ns

    def answer(self, asked: Asked) -> Verdict:
        """Judge the head, then the service or the model, then what the request asks for."""
        path = asked.path or "/v1/chat/completions"
        try:
            canonical = canonical_path(path.encode("utf-8"))[0]
        except TollwayError as error:
            return Verdict(False, error.code.name, error.public)
        place = find_place(canonical)
        if place is None:
            return Verdict(False, "route.not_found", BY_NAME["route.not_found"].meaning)
        chain = self._chain
        if asked.address is None:
            chain = [structs.replace(level, networks=None) for level in chain]
        question = Question(place.scope, (asked.method,), place.paths, asked.address or "")
        decision = decide(chain, question, self._now_ns)
        if isinstance(decision, Denied):
            return _denied(decision)
        watched = "" if decision.watched is None else str(decision.watched)
        if place.scope == "services":
            return self._service(canonical, watched)
        name = asked.model or place.model
        if not name:
            return Verdict(True, watched=watched)
        verdict = self._model(name, watched)
        if not verdict.is_allowed or asked.uses is None or place.scope != "generate":
            return verdict
        used = decide_uses(self._chain, asked.uses)
        return _denied(used) if isinstance(used, Denied) else verdict

    def _service(self, path: str, watched: str) -> Verdict:
        services = sorted(self._held.snapshot.services, key=lambda service: -len(service.path_prefix))
        found = next(
            (
                service
                for service in services
                if service.state == "active" and f"{path}/".startswith(f"{service.path_prefix}/")
            ),
            None,
        )
        if found is None:
            return Verdict(False, "route.not_found", BY_NAME["route.not_found"].meaning)
        if found.environment != self._held.token.environment:
            return Verdict(False, "token.environment", BY_NAME["token.environment"].meaning)
        return _verdict(decide_service(self._chain, found.id), watched)

    def _model(self, name: str, watched: str) -> Verdict:
        decision = decide_model(self._chain, name, self._groups)
        if isinstance(decision, Denied):
            return _denied(decision)
        ways = find_ways(self._held.snapshot, name, self._held.token.environment)
        if not ways:
            return Verdict(False, "model.not_found", f"No provider offers the model `{name}` to this token.")
        invented = is_alias(name, ways)
        judged: list[Judged] = []
        last: Decision = decision
        for way in ways:
            each = decide_way(self._chain, name, way, self._groups, is_alias=invented)
            last = each if isinstance(each, Denied) else last
            judged.append(Judged(way.provider, way.upstream_model, str(each) if isinstance(each, Denied) else ""))
        if all(way.reason for way in judged):
            verdict = _verdict(last, watched)
            return replace(verdict, ways=tuple(judged))
        return Verdict(True, watched=watched, ways=tuple(judged))


def find_ways(snapshot: Snapshot, name: str, environment: str) -> list[Way]:
    """Return the ways to serve a name, best first, as workers find them: a record of that name, else a catch-all."""
    providers = {
        provider.id: provider.name
        for provider in snapshot.providers
        if provider.state == "active" and provider.environment in (None, environment)
    }
    models = {model.name: model for model in snapshot.models}
    prefix, slash, rest = name.partition("/")
    options: list[tuple[str, str | None]] = [(name, None)]
    if slash:
        options.append((f"{prefix}/*", rest))
    options.append(("*", name))
    for record_name, upstream in options:
        ways = _ways(models.get(record_name), providers, upstream)
        if ways:
            return ways
    return []


def _ways(record: ModelRecord | None, providers: dict[str, str], upstream_model: str | None) -> list[Way]:
    if record is None:
        return []
    return [
        Way(providers[candidate.provider_id], upstream_model or candidate.upstream_model)
        for candidate in record.candidates
        if candidate.provider_id in providers
    ]


def _verdict(decision: Decision, watched: str) -> Verdict:
    return _denied(decision) if isinstance(decision, Denied) else Verdict(True, watched=watched)


def _denied(denied: Denied) -> Verdict:
    return Verdict(
        False,
        CODES[denied.dimension],
        f"{denied}" + (f"; it opens at {denied.shown}" if denied.shown else ""),
        denied.rule,
        denied.level.kind,
        denied.level.name,
        denied.opens_ns,
    )


def _check(asked: Asked) -> None:
    """Raise management.invalid for a question that asks nothing."""
    if asked.model is None and asked.path is None:
        raise refuse("", "say which model, or which path")
