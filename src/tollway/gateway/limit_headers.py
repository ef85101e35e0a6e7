"""What answers say about limits: `RateLimit`, `RateLimit-Policy`, and the dialect's own headers.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (two fields, lists of named policies with q and
w, of current quotas with r and t), https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers and
https://docs.anthropic.com/en/api/rate-limits#response-headers. Told are the limits of the token and of who owns it,
money aside; how busy others are is nobody's business. The text is written once a second at most, with places for what
is left: a call only fills them in.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from tollway.formats.dialect import Dialect
from tollway.gateway.room import (
    CALLS,
    COST,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    TOTAL_TOKENS,
    Claim,
    Claims,
    Hold,
    NoRoom,
    Shown,
    Written,
)
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.budget import Calendar

SHOWN_OWNERS = frozenset({"token", "application", "user", "team"})
_QUOTA_UNITS = {"requests": "", "bytes": ';qu="content-bytes"', "concurrency": ';qu="concurrent-requests"'}
_OPENAI = ((CALLS, "requests"), (TOTAL_TOKENS, "tokens"))
_ANTHROPIC = (
    (CALLS, "requests"),
    (TOTAL_TOKENS, "tokens"),
    (INPUT_TOKENS, "input-tokens"),
    (OUTPUT_TOKENS, "output-tokens"),
)
_KINDS = {"chat": _OPENAI, "responses": _OPENAI, "messages": _ANTHROPIC}
"""What each dialect has headers of its own for. Gemini's has none."""
_calendar = Calendar()


def build_shown(claims: Sequence[Claim]) -> Shown | None:
    """Compile how answers tell of these claims; None when there is nothing to tell."""
    told = tuple(at for at, claim in enumerate(claims) if _is_told(claim))
    if not told:
        return None
    return Shown(_policies([claims[at] for at in told], 0), told, {})


def write_lines(hold: Hold, dialect: Dialect, clock: Callable[[], int]) -> bytes:
    """Return the header lines of an answer to a call that was let in; b"" when nothing is to be told.

    `clock` tells the present in Unix nanoseconds, which is asked for only where the text changes with it.
    """
    shown, left = hold.claims.shown, hold.left
    if shown is None:
        return b""
    written = shown.written.get(dialect.name)
    if written is None or (written.changes and written.second != clock() // NANOS_PER_SECOND):
        written = shown.written[dialect.name] = _write(hold.claims, shown, dialect.name, clock())
    lines = written.template % written.pick(left)
    for choices in written.scarcest:
        # The first one of which least is left; `min` with a key of ours would be a call for each.
        rest = [left[at] for at, _ in choices]
        least = min(rest)
        lines += choices[rest.index(least)][1] % least
    return lines


def refusal_headers(no_room: NoRoom, claims: Claims, dialect: Dialect, now_ns: int) -> dict[str, str]:
    """Return the headers of a refusal: every policy, and what is left of the one that refused, the dialect's own too.

    Of the others nothing is told: they were not all looked at.
    """
    claim, shown = no_room.claim, claims.shown
    if shown is None or not _is_told(claim):
        return {}
    wait = no_room.retry_after_seconds
    if wait is not None and claim.window_seconds:
        wait = min(wait, claim.window_seconds)
    until = "" if wait is None or claim.kind == "slots" else f";t={-int(-wait // 1)}"
    left = max(0, no_room.remaining)
    policy = _policies([claims.every[at] for at in shown.told], now_ns) if _changes(claims, shown) else shown.policy
    headers = {"ratelimit-policy": policy, "ratelimit": f"{_name(claim)};r={left}{until}"}
    word = dict(_KINDS.get(dialect.name, ())).get(claim.unit)
    if word is None or not _does_reset(claim):
        return headers
    seconds = _resets_in(claim, now_ns) if wait is None else -int(-wait // 1)
    lines = _own_lines(dialect.name, claim, word, seconds, now_ns) % left
    return headers | dict(line.split(": ", 1) for line in lines.splitlines())


def _write(claims: Claims, shown: Shown, dialect: str, now_ns: int) -> Written:
    """Write the text of one second. Of several limits of a kind, the dialect's own headers tell of the scarcest."""
    told = [(at, claims.every[at]) for at in shown.told]
    current = ", ".join(_current(claim, now_ns) for _, claim in told)
    is_topped = _changes(claims, shown)
    policy = _policies([claim for _, claim in told], now_ns) if is_topped else shown.policy
    text = f"ratelimit-policy: {_escape(policy)}\r\nratelimit: {current}\r\n"
    places = list(shown.told)
    scarcest: list[tuple[tuple[int, bytes], ...]] = []
    for unit, word in _KINDS.get(dialect, ()):
        own = [
            (at, _own_lines(dialect, claim, word, _resets_in(claim, now_ns), now_ns))
            for at, claim in told
            if claim.unit == unit and _does_reset(claim)
        ]
        if len(own) == 1:
            places.append(own[0][0])
            text += own[0][1]
        elif own:
            scarcest.append(tuple((at, lines.encode("ascii")) for at, lines in own))
    is_dated = is_topped or dialect == "messages" or any(claim.period != "total" for _, claim in told)
    # For one place `itemgetter` returns a number and no tuple, which `%` takes as well.
    pick = itemgetter(*places)
    return Written(now_ns // NANOS_PER_SECOND, is_dated, text.encode("ascii"), pick, tuple(scarcest))


def _is_told(claim: Claim) -> bool:
    return claim.owner_kind in SHOWN_OWNERS and claim.unit != COST and not claim.is_soft


def _does_reset(claim: Claim) -> bool:
    return claim.window_seconds > 0 or claim.period != "total"


def _changes(claims: Claims, shown: Shown) -> bool:
    """Whether what is allowed depends on the instant: there are top-ups."""
    return any(claims.every[at].top_ups for at in shown.told)


def _policies(claims: Sequence[Claim], now_ns: int) -> str:
    return ", ".join([_policy(claim, now_ns) for claim in claims])


def _policy(claim: Claim, now_ns: int) -> str:
    window = f";w={claim.window_seconds}" if claim.window_seconds else ""
    unit = _QUOTA_UNITS.get(claim.measure, f';qu="{claim.measure.replace("_", "-")}"')
    return f"{_name(claim)};q={claim.limit_at(now_ns)}{window}{unit}"


def _current(claim: Claim, now_ns: int) -> str:
    until = f";t={_resets_in(claim, now_ns)}" if _does_reset(claim) else ""
    return f"{_escape(_name(claim))};r=%d{until}"


def _name(claim: Claim) -> str:
    """Return the name of a policy as a structured string (RFC 9651 section 3.3.3): printable ASCII."""
    owner = f"{claim.owner_kind}/{claim.plan}" if claim.plan else claim.owner_kind
    text = "".join(char if " " <= char <= "~" else "?" for char in f"{owner}/{claim.name}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(text: str) -> str:
    return text.replace("%", "%%")


def _resets_in(claim: Claim, now_ns: int) -> int:
    """Return the seconds until all of it is there again if nothing more is used: what slides takes its window."""
    if claim.window_seconds:
        return claim.window_seconds
    return -(-(_calendar.span(claim.span, claim.period, claim.zone, now_ns)[1] - now_ns) // NANOS_PER_SECOND)


def _own_lines(dialect: str, claim: Claim, word: str, seconds: int, now_ns: int) -> str:
    """Write the limit, what is left (`%d`) and its reset in so many seconds, in the dialect's own header lines."""
    if dialect == "messages":
        reset = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND + seconds, UTC)
        return (
            f"anthropic-ratelimit-{word}-limit: {claim.limit_at(now_ns)}\r\n"
            f"anthropic-ratelimit-{word}-remaining: %d\r\n"
            f"anthropic-ratelimit-{word}-reset: {reset:%Y-%m-%dT%H:%M:%SZ}\r\n"
        )
    return (
        f"x-ratelimit-limit-{word}: {claim.limit_at(now_ns)}\r\nx-ratelimit-remaining-{word}: %d\r\n"
        f"x-ratelimit-reset-{word}: {_openai_time(seconds)}\r\n"
    )


def _openai_time(seconds: int) -> str:
    """Return a time as OpenAI writes it: `6m0s`, `1h2m3s`, `17s`."""
    hours, rest = divmod(seconds, 3_600)
    minutes, seconds = divmod(rest, 60)
    return (f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else "") + f"{seconds}s"
