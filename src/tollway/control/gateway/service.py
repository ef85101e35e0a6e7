"""Looks at the whole gateway and says how it does and what needs a person.

Read only. What cannot be found out (the ledger is away) is left out and shows as `ledger_lag`; it
never makes the page fail.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from tollway.contract.ledger_api import CallsQuery, HealthAnswer, UsageQuery, UsageRow
from tollway.contract.resting import RestingKey
from tollway.control.actor import SETUP
from tollway.control.gateway.model import Attention, Facts, Severity, Step, Summary, UpstreamNow
from tollway.control.gateway.ports import BudgetWatch, Ownerless, Providers, RestingSource, Tokens, UsedBudget
from tollway.control.rotations.model import FailedRotation
from tollway.control.usage.service import Usage
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import format_usd

T = TypeVar("T")

EXPIRING_WITHIN_SECONDS = 7 * 86_400
BUDGET_NEAR_END_PERCENT = 80
"""Of a month spent evenly, six days are left then: time to raise the budget, or to ask why."""
FAILING_CALLS_MIN = 5
LAG_BYTES_MAX = 16_777_216
_HOUR_NS = 3_600 * NANOS_PER_SECOND
_DAY_NS = 24 * _HOUR_NS
_SEVERITIES = ("critical", "warning", "info")
_EVENT_SEVERITIES: Mapping[str, Severity] = {
    "critical": "critical",
    "high": "warning",
    "medium": "warning",
    "low": "info",
}
"""How much a security event of each severity needs a person, most severe first."""


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """What the service is built from. Without `budgets` and `resting`, nothing is known of either."""

    facts: Facts
    tokens: Tokens
    providers: Providers
    usage: Usage
    clock: Clock
    budgets: BudgetWatch | None = None
    resting: RestingSource | None = None
    accounts: Ownerless | None = None


NO_EVENTS: Mapping[str, int] = MappingProxyType({})


class Gateway:
    """The gateway as a whole. Blocking and thread-safe."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self.facts = parts.facts

    def find_ledger_health(self) -> HealthAnswer | None:
        """Return how far the ledger is; None when it does not answer."""
        return self._parts.usage.find_health()

    def upstreams_now(self) -> list[UpstreamNow]:
        """Return the upstreams that have calls in flight or keys that rest, most calls first.

        Raises usage.unavailable.
        """
        rows = self._parts.usage.in_flight()
        resting: defaultdict[str, list[RestingKey]] = defaultdict(list)
        for key in self._parts.resting.read(self._parts.clock.now_ns()) if self._parts.resting else ():
            resting[key.provider_id].append(key)
        busy = [
            UpstreamNow(row.provider_id, row.service_id, row.calls, tuple(resting.pop(row.provider_id, ())))
            for row in rows
        ]
        return busy + [UpstreamNow(provider_id, "", 0, tuple(keys)) for provider_id, keys in resting.items()]

    def count_providers(self) -> int:
        """Count the providers that people configured; the sandbox is not one of them."""
        return len(self._parts.providers.page(limit=500).items)

    def checklist(self) -> tuple[Step, ...]:
        """Return the steps of getting started."""
        parts = self._parts
        calls = _or_none(lambda: parts.usage.calls(CallsQuery(limit=1)).calls)
        return (
            Step(
                "provider",
                self.count_providers() > 0,
                "Connect a provider",
                "Add an API key of OpenAI or any compatible service. Until then the built-in sandbox answers.",
            ),
            Step(
                "token",
                bool(parts.tokens.page(limit=1).items),
                "Issue a token",
                "Applications present it instead of the provider's key. It is shown once.",
            ),
            Step(
                "first_call",
                bool(calls),
                "Make the first call",
                "Point an SDK at the gateway's URL with the token, and watch the call arrive here.",
            ),
        )

    def summarise(self) -> Summary:
        """Return the home page's figures; while the ledger is away they are zero and `status` is degraded."""
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        moment = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND, UTC)
        day = moment.replace(hour=0, minute=0, second=0)
        today = self._total(_nanos(day), now_ns)
        month = self._total(_nanos(day.replace(day=1)), now_ns)
        hour = self._total(now_ns - _HOUR_NS, now_ns)
        minute = self._total(now_ns - 60 * NANOS_PER_SECOND, now_ns)
        models = self._groups("model", _nanos(day), now_ns)
        newest = _or_none(lambda: parts.usage.calls(CallsQuery(limit=1)).calls)
        health = parts.usage.find_health()
        return Summary(
            status="ok" if health is not None and not health.problem else "degraded",
            uptime_seconds=max(0, now_ns - parts.facts.started_ns) // NANOS_PER_SECOND,
            requests_today=today.calls if today else 0,
            requests_per_second=minute.calls / 60 if minute else 0.0,
            errors_today=today.client_errors + today.server_errors if today else 0,
            spend_today_nanos=today.cost_nanos if today else 0,
            spend_month_nanos=month.cost_nanos if month else 0,
            tokens_in_today=today.input_tokens if today else 0,
            tokens_out_today=today.output_tokens if today else 0,
            p50_us=hour.duration_p50_us if hour else 0,
            p95_us=hour.duration_p95_us if hour else 0,
            overhead_p95_us=hour.overhead_p95_us if hour else 0,
            active_tokens=parts.tokens.count_live(),
            top_model=next((row.keys[0] for row in models if row.keys[0]), None),
            last_request_ns=newest[0].started_ns if newest else None,
        )

    def attention(
        self, open_events: Mapping[str, int] = NO_EVENTS, failed_rotations: Sequence[FailedRotation] = ()
    ) -> tuple[Attention, ...]:
        """Return what needs a person now, most severe first. `open_events`: how many security events of each severity
        are open, of those that the caller may see.
        """
        found = [
            *_security_events(open_events),
            *self._ledger(),
            *self._failing_providers(),
            *self._budgets(),
            *self._failed_rotations(failed_rotations),
            *self._expiring_tokens(),
            *self._ownerless_accounts(),
            *self._unpriced_models(),
            *self._insecure_settings(),
        ]
        return tuple(sorted(found, key=lambda item: _SEVERITIES.index(item.severity)))

    def _ledger(self) -> list[Attention]:
        health = self._parts.usage.find_health()
        if health is None:
            problem = "It does not answer. Calls are still recorded and will be counted when it is back."
        elif health.problem:
            problem = health.problem
        elif health.lag_bytes > LAG_BYTES_MAX:
            problem = f"{health.lag_bytes // 1_048_576} MiB of call records are waiting to be counted."
        else:
            return []
        return [Attention("ledger_lag", "critical", "The ledger is behind", problem, "/settings", "")]

    def _failing_providers(self) -> list[Attention]:
        now_ns = self._parts.clock.now_ns()
        rows = self._groups("provider", now_ns - 900 * NANOS_PER_SECOND, now_ns)
        bad = [
            row for row in rows if row.keys[0] and row.calls >= FAILING_CALLS_MIN and 2 * row.server_errors > row.calls
        ]
        names = self._parts.providers.names([row.keys[0] for row in bad])
        return [
            Attention(
                "provider_failing",
                "critical",
                f"{names.get(row.keys[0], row.keys[0])} is failing",
                f"{row.server_errors} of {row.calls} calls failed in the last 15 minutes.",
                f"/providers/{row.keys[0]}",
                row.keys[0],
            )
            for row in bad
        ]

    def _budgets(self) -> list[Attention]:
        watch = self._parts.budgets
        used = watch.near_end(BUDGET_NEAR_END_PERCENT) if watch else ()
        now_ns = self._parts.clock.now_ns()
        return [
            Attention(
                "budget_near_end",
                "critical" if budget.spent_nanos >= budget.limit_nanos else "warning",
                f"{_name_of(budget)} of {budget.owner_name} is {_how_full(budget)}",
                f"{_amounts(budget)}."
                + (f" At this pace it is used up in {_in_words(budget.empty_ns - now_ns)}." if budget.empty_ns else ""),
                _page_of(budget),
                budget.owner_id,
            )
            for budget in used
        ]

    def _failed_rotations(self, failed: Sequence[FailedRotation]) -> list[Attention]:
        now_ns = self._parts.clock.now_ns()
        return [
            Attention(
                "rotation_failed",
                "warning",
                f"Token {each.token_name} could not be rotated",
                f"Policy {each.policy_name}: {each.detail} The old secret works. Tried again {_when(each, now_ns)}.",
                f"/tokens/{each.token_id}",
                each.token_id,
            )
            for each in failed
        ]

    def _expiring_tokens(self) -> list[Attention]:
        now_ns = self._parts.clock.now_ns()
        return [
            Attention(
                "token_expiring",
                "warning" if (token.expires_ns or 0) - now_ns < _DAY_NS else "info",
                f"Token {token.name} expires soon",
                f"It ends in {_in_words((token.expires_ns or 0) - now_ns)}.",
                f"/tokens/{token.id}",
                token.id,
            )
            for token in self._parts.tokens.expiring(EXPIRING_WITHIN_SECONDS)
            # The first-call token of a fresh installation is short-lived on purpose.
            if token.created_by != str(SETUP)
        ]

    def _ownerless_accounts(self) -> list[Attention]:
        count = self._parts.accounts.count_ownerless() if self._parts.accounts else 0
        if not count:
            return []
        title = f"{count} service account{'' if count == 1 else 's'} without an owner"
        detail = "Who answered for it has left; its team does, until somebody is named."
        return [Attention("ownerless_account", "warning", title, detail, "/service-accounts?ownerless=true", "")]

    def _unpriced_models(self) -> list[Attention]:
        since_ns = max(0, self._parts.clock.now_ns() - 7 * _DAY_NS)
        rows = _or_none(lambda: self._parts.usage.unpriced(since_ns))[:20]
        return [
            Attention(
                "unpriced_model",
                "warning",
                f"{row.upstream_model} has no known price",
                f"{row.calls} calls in the last week are not part of the cost.",
                "/models?view=unpriced",
                row.upstream_model,
            )
            for row in rows
        ]

    def _insecure_settings(self) -> list[Attention]:
        return [
            Attention("insecure_setting", "warning", f"{setting} is not safe", why, "/settings", setting)
            for setting, why in self.facts.insecure
        ]

    def _total(self, since_ns: int, until_ns: int) -> UsageRow | None:
        rows = _or_none(lambda: self._parts.usage.sums(UsageQuery(since_ns, until_ns)).rows)
        return rows[0] if rows else None

    def _groups(self, dimension: str, since_ns: int, until_ns: int) -> Sequence[UsageRow]:
        query = UsageQuery(since_ns, until_ns, by=(dimension,), limit=20)  # type: ignore[arg-type]  # given by name above
        return _or_none(lambda: self._parts.usage.sums(query).rows)


def _security_events(counts: Mapping[str, int]) -> list[Attention]:
    """Return one line for all of them: the inbox says which."""
    found = [(severity, counts[severity]) for severity in _EVENT_SEVERITIES if counts.get(severity)]
    if not found:
        return []
    total, worst = sum(count for _, count in found), found[0][0]
    title = f"{total} security event{'' if total == 1 else 's'} to look into"
    detail = ", ".join(f"{count} {severity}" for severity, count in found)
    return [Attention("security_event", _EVENT_SEVERITIES[worst], title, f"{detail}.", "/security", "security")]


def _or_none(read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    """Return what `read` finds, or nothing while the ledger is away."""
    try:
        return read()
    except TollwayError:
        return ()


def _when(failed: FailedRotation, now_ns: int) -> str:
    if failed.next_ns is None:
        return "as soon as somebody can be reached"
    return "soon" if failed.next_ns <= now_ns else f"in {_in_words(failed.next_ns - now_ns)}"


_PAGES = {"token": "tokens", "application": "applications", "team": "teams", "user": "people", "service": "services",
          "provider": "providers"}  # fmt: skip


def _page_of(budget: UsedBudget) -> str:
    """Return the page on which a budget's owner is shown."""
    page = _PAGES.get(budget.owner_kind)
    return f"/{page}/{budget.owner_id}" if page else f"/limits?level={budget.owner_kind}"


def _name_of(budget: UsedBudget) -> str:
    if budget.is_budget:
        return f"{'Soft budget' if budget.is_soft else 'Budget'} {budget.budget_name}"
    return f"Soft limit {budget.budget_name}"


def _amounts(budget: UsedBudget) -> str:
    if budget.measure == "cost":
        return f"{format_usd(budget.spent_nanos)} of {format_usd(budget.limit_nanos)} USD are spent"
    unit = {"requests": "calls", "concurrency": "calls at once"}.get(budget.measure, budget.measure.replace("_", " "))
    return f"{budget.spent_nanos:,} of {budget.limit_nanos:,} {unit} are used"


def _how_full(budget: UsedBudget) -> str:
    if budget.spent_nanos >= budget.limit_nanos:
        return "used up"
    return f"{100 * budget.spent_nanos // budget.limit_nanos} % used"


def _nanos(moment: datetime) -> int:
    return int(moment.timestamp()) * NANOS_PER_SECOND


def _in_words(duration_ns: int) -> str:
    left = timedelta(seconds=max(0, duration_ns) // NANOS_PER_SECOND)
    if left.days:
        return f"{left.days} day{'s' if left.days > 1 else ''}"
    hours, minutes = divmod(left.seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
