"""Looks at one row of a token's calls: what is unusual about it, by the token's own past. Pure but for the profile.

Law: what was found does not become usual by itself, and is said once an episode. Rows come nearly in order of time;
one that is late counts where it is read.
"""

from tollway.contract.watching import Detector, Facts, Finding, Severity, Spread, Thresholds
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.detect.places import Place, client_of, place_of
from tollway.policy.detect.profile import (
    CLIENTS_MAX,
    DAY,
    HOUR,
    PLACES_MAX,
    PROVIDERS_MAX,
    Profile,
    Row,
    add_row,
    figures_of,
    remember,
)

AGAIN_SECONDS = 24 * HOUR
"""An episode is over when nothing of it was true for this long."""
ENDED_AGAIN_SECONDS = 7 * DAY
SETTLED_PROVIDERS = 8
"""A token that was used from more networks than this is one that moves."""
WANDERING_PROVIDERS = PROVIDERS_MAX // 2
"""A token that was used from this many is never at home, as pipelines on hired machines: no network is new to it."""
AT_ONCE_SECONDS = 600
"""Two uses of a token within this time are at once, where networks are counted; clients within an hour."""
MEASURES = ("requests", "cost_nanos", "errors", "bytes")
ERRORS_OVER_REQUESTS = 2
UNREACHED = 2**63


def look(row: Row, profile: Profile, rules: Thresholds) -> list[Finding]:
    """Return what is found in a row, and make it part of the profile."""
    found: list[Finding] = []
    place, client = place_of(row.address), client_of(row.agent)
    if row.ended or row.replaced:
        _look_at_ended(row, profile, rules, (place, client), found)
        if row.calls == row.ended + row.replaced:
            return found
    _look_at_origin(row, profile, rules, (place, client), found)
    add_row(profile, row)
    _look_at_spike(row, profile, rules, found)
    _look_at_errors(row, profile, rules, found)
    _look_at_spread(row, profile, rules, (place, client), found)
    return found


def look_at_decoy(row: Row) -> Finding:
    """Return what any use of a decoy is: somebody took it from where it was put."""
    return _finding("decoy_used", row, "critical", place_of(row.address).source, {"calls": row.calls})


def _look_at_ended(
    row: Row, profile: Profile, rules: Thresholds, origin: tuple[Place, str], found: list[Finding]
) -> None:
    detector: Detector = "used_after_rotation" if row.replaced else "used_after_end"
    rule = rules.used_after_rotation if row.replaced else rules.used_after_end
    if not profile.ended_since or row.second - profile.ended_since > ENDED_AGAIN_SECONDS:
        profile.ended_since, profile.ended_calls = row.second, 0
    profile.ended_calls += row.ended + row.replaced
    is_elsewhere = _is_elsewhere(profile, *origin)
    lasts = row.second - profile.ended_since
    if not is_elsewhere and (lasts < rule.grace_seconds or profile.ended_calls < rule.calls):
        return
    if profile.begin_episode(f"{detector}/{is_elsewhere}", row.second, ENDED_AGAIN_SECONDS):
        facts: Facts = {"calls": profile.ended_calls, "for_seconds": lasts, "is_from_elsewhere": is_elsewhere}
        found.append(_finding(detector, row, "high" if is_elsewhere else "low", "elsewhere" * is_elsewhere, facts))


def _is_elsewhere(profile: Profile, place: Place, client: str) -> bool:
    """Whether the token was never used from there; one that moves about all the time must have a new client too."""
    if not profile.providers or place.provider in profile.providers:
        return False
    return len(profile.providers) <= SETTLED_PROVIDERS or client not in profile.clients


def _look_at_origin(
    row: Row, profile: Profile, rules: Thresholds, origin: tuple[Place, str], found: list[Finding]
) -> None:
    place, client = origin
    rule, day = rules.new_origin, row.second // DAY
    is_wandering = len(profile.providers) >= WANDERING_PROVIDERS
    is_new_network = not is_wandering and place.provider not in profile.providers
    is_new_client = client not in profile.clients
    remember(profile.providers, place.provider, day, PROVIDERS_MAX)
    remember(profile.clients, client, day, CLIENTS_MAX)
    is_new = {
        "both": is_new_network and is_new_client,
        "network": is_new_network,
        "client": is_new_client,
        "either": is_new_network or is_new_client,
    }[rule.needs]
    has_learned = profile.age_days(row.second) >= rule.learning_days and profile.active_days >= rule.active_days
    if is_new and has_learned and profile.first_second:
        facts: Facts = {
            "network": place.network,
            "client": client,
            "is_new_network": is_new_network,
            "is_new_client": is_new_client,
        }
        found.append(_finding("new_origin", row, "medium", f"{place.provider} {client}", facts))


def _look_at_spike(row: Row, profile: Profile, rules: Thresholds, found: list[Finding]) -> None:
    rule, hour = rules.spike, profile.hour
    floors = (rule.requests, rule.cost_nanos, rule.errors, rule.bytes)
    figures = (hour.requests, hour.cost_nanos, hour.errors, hour.bytes)
    if not any(figure >= floor for figure, floor in zip(figures, floors, strict=True)):
        return
    if profile.age_days(row.second) < rule.learning_days or not profile.days:
        return
    before = profile.busiest()
    usual = (before.requests, before.cost_nanos, before.errors, before.bytes)
    # A client that is broken has errors where it had calls; what is unusual has more errors than calls ever.
    # Whoever was quiet before bytes were counted has no usual: their first hours teach.
    least = (0, 0, ERRORS_OVER_REQUESTS * before.requests, 1 if before.bytes else UNREACHED)
    for number, measure in enumerate(MEASURES):
        if figures[number] < max(floors[number], rule.factor * usual[number], least[number]):
            continue
        hour.is_unusual = True
        if profile.begin_episode(f"spike/{measure}", row.second, AGAIN_SECONDS):
            facts: Facts = {"measure": measure, "in_this_hour": figures[number], "busiest_hour_before": usual[number]}
            found.append(_finding("spike", row, "high" if measure == "cost_nanos" else "medium", measure, facts))


def _look_at_errors(row: Row, profile: Profile, rules: Thresholds, found: list[Finding]) -> None:
    rule, hour = rules.error_share, profile.hour
    if not row.guesses or hour.requests < rule.calls or len(hour.targets) < rule.targets:
        return
    if hour.guesses < rule.share * hour.requests:
        return
    if profile.begin_episode("error_share", row.second, AGAIN_SECONDS):
        facts: Facts = {"calls": hour.requests, "refused_or_not_found": hour.guesses, "targets": len(hour.targets)}
        found.append(_finding("error_share", row, "medium", "", facts))


def _look_at_spread(
    row: Row, profile: Profile, rules: Thresholds, origin: tuple[Place, str], found: list[Finding]
) -> None:
    place, client = origin
    today = figures_of(profile, row.second // DAY)
    _forget(profile.networks_now, place.network, row.second, AT_ONCE_SECONDS)
    _forget(profile.clients_now, client, row.second, HOUR)
    networks, clients = len(profile.networks_now), len(profile.clients_now)
    if networks > today.networks:
        seen = (row, profile, rules.many_networks)
        today.networks = _usual_spread("many_networks", networks, seen, found)
    if clients > today.clients:
        seen = (row, profile, rules.many_clients)
        today.clients = _usual_spread("many_clients", clients, seen, found)


def _usual_spread(detector: Detector, count: int, seen: tuple[Row, Profile, Spread], found: list[Finding]) -> int:
    """Return what becomes usual of being used from so many places: all of it, unless it is found to be too much."""
    row, profile, rule = seen
    if count < rule.count:
        return count
    # Today is left out: a count that rises one by one would otherwise be usual before it is much.
    before = profile.busiest(before_day=row.second // DAY)
    usual = before.networks if detector == "many_networks" else before.clients
    is_learning = profile.age_days(row.second) < rule.learning_days
    if count < (rule.learning_count if is_learning else rule.factor * usual):
        return count
    if profile.begin_episode(detector, row.second, AGAIN_SECONDS):
        found.append(_finding(detector, row, "high", "", {"at_once": count, "most_before": usual}))
    return usual


def _forget(now: dict[str, int], key: str, second: int, seconds: int) -> None:
    """Put a key, and forget those that are too old; looked for only when the key is new."""
    if key not in now:
        for old in [each for each, last in now.items() if last < second - seconds]:
            del now[old]
    remember(now, key, second, PLACES_MAX)


def _finding(detector: Detector, row: Row, severity: Severity, detail: str, facts: Facts) -> Finding:
    said: Facts = {"address": row.address, "client": row.agent, **facts}
    return Finding(detector, row.token_id, row.second * NANOS_PER_SECOND, severity, row.team_id, detail, said)
