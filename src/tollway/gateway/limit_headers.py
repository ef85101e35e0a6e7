"""What answers say about limits: `RateLimit`, `RateLimit-Policy`, and the dialect's own headers.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (two fields, lists of named policies with q and
w, of current quotas with r and t), https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers and
https://docs.anthropic.com/en/api/rate-limits#response-headers. Told are the limits of the token and of who owns it,
money aside; how busy others are is nobody's business. All that does not change from call to call is written once, when
limits are compiled.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from tollway.formats.dialect import Dialect
from tollway.formats.dialects import CHAT, MESSAGES, RESPONSES
from tollway.gateway.room import CALLS, COST, TOTAL_TOKENS, Claim, Claims, Hold, NoRoom, Shown
from tollway.gateway.room import INPUT_TOKENS as INPUT
from tollway.gateway.room import OUTPUT_TOKENS as OUTPUT
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.budget import Calendar

SHOWN_OWNERS = frozenset({"token", "application", "user", "team"})
_QUOTA_UNITS = {"requests": "", "bytes": ';qu="content-bytes"', "concurrency": ';qu="concurrent-requests"'}
_calendar = Calendar()


def build_shown(claims: Sequence[Claim]) -> Shown | None:
    """Compile how answers tell of these claims; None when there is nothing to tell."""
    told = [(at, claim) for at, claim in enumerate(claims) if _is_told(claim)]
    if not told:
        return None
    policy = ", ".join(_policy(claim) for _, claim in told)

    def places(unit: int) -> tuple[int, ...]:
        return tuple(at for at, claim in told if claim.unit == unit and _does_reset(claim))

    return Shown(
        policy=f"ratelimit-policy: {policy}\r\nratelimit: ".encode("ascii"),
        current=tuple((at, _name(claim).encode("ascii")) for at, claim in told),
        requests=places(CALLS),
        tokens=places(TOTAL_TOKENS),
        input_tokens=places(INPUT),
        output_tokens=places(OUTPUT),
    )


def write_lines(hold: Hold, dialect: Dialect, now_ns: int) -> bytes:
    """Return the header lines of an answer to a call that was let in; b"" when nothing is to be told."""
    claims = hold.claims
    shown = claims.shown
    if shown is None:
        return b""
    every, left = claims.every, hold.left
    current = [
        b"%b;r=%d;t=%d" % (name, max(0, left[at]), _resets_in(every[at], now_ns)) if _does_reset(every[at])
        else b"%b;r=%d" % (name, max(0, left[at]))
        for at, name in shown.current
    ]  # fmt: skip
    lines = b"%b%b\r\n" % (shown.policy, b", ".join(current))
    if dialect is CHAT or dialect is RESPONSES:
        return lines + _openai(shown, claims, left, now_ns)
    if dialect is MESSAGES:
        return lines + _anthropic(shown, claims, left, now_ns)
    return lines


def refusal_headers(no_room: NoRoom, claims: Claims) -> dict[str, str]:
    """Return the headers of a refusal: every policy, and that nothing is left of the one that refused."""
    claim = no_room.claim
    shown = claims.shown
    if shown is None or not _is_told(claim):
        return {}
    policy = shown.policy.decode().partition(": ")[2].partition("\r\n")[0]
    wait = no_room.retry_after_seconds
    until = "" if wait is None or claim.kind == "slots" else f";t={-int(-wait // 1)}"
    return {"ratelimit-policy": policy, "ratelimit": f"{_name(claim)};r={max(0, no_room.remaining)}{until}"}


def _is_told(claim: Claim) -> bool:
    return claim.owner_kind in SHOWN_OWNERS and claim.unit != COST and not claim.is_soft


def _does_reset(claim: Claim) -> bool:
    return claim.window_seconds > 0 or claim.period != "total"


def _policy(claim: Claim) -> str:
    window = f";w={claim.window_seconds}" if claim.window_seconds else ""
    unit = _QUOTA_UNITS.get(claim.measure, f';qu="{claim.measure.replace("_", "-")}"')
    return f"{_name(claim)};q={claim.limit}{window}{unit}"


def _name(claim: Claim) -> str:
    """Return the name of a policy as a structured string (RFC 9651 section 3.3.3): printable ASCII."""
    owner = f"{claim.owner_kind}/{claim.plan}" if claim.plan else claim.owner_kind
    text = "".join(char if " " <= char <= "~" else "?" for char in f"{owner}/{claim.name}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _resets_in(claim: Claim, now_ns: int) -> int:
    """Return the seconds until all of it is there again if nothing more is used: what slides takes its window."""
    if claim.window_seconds:
        return claim.window_seconds
    return -(-(_calendar.span(claim.period, claim.zone, now_ns)[1] - now_ns) // NANOS_PER_SECOND)


def _openai(shown: Shown, claims: Claims, left: Sequence[int], now_ns: int) -> bytes:
    lines = b""
    for places, word in ((shown.requests, b"requests"), (shown.tokens, b"tokens")):
        if places:
            at = places[0] if len(places) == 1 else min(places, key=left.__getitem__)
            claim = claims.every[at]
            lines += b"x-ratelimit-limit-%b: %d\r\nx-ratelimit-remaining-%b: %d\r\nx-ratelimit-reset-%b: %b\r\n" % (
                word,
                claim.limit,
                word,
                max(0, left[at]),
                word,
                _duration(_resets_in(claim, now_ns)),
            )
    return lines


def _anthropic(shown: Shown, claims: Claims, left: Sequence[int], now_ns: int) -> bytes:
    lines = b""
    for places, word in (
        (shown.requests, b"requests"),
        (shown.tokens, b"tokens"),
        (shown.input_tokens, b"input-tokens"),
        (shown.output_tokens, b"output-tokens"),
    ):
        if places:
            at = places[0] if len(places) == 1 else min(places, key=left.__getitem__)
            claim = claims.every[at]
            lines += (
                b"anthropic-ratelimit-%b-limit: %d\r\nanthropic-ratelimit-%b-remaining: %d\r\n"
                b"anthropic-ratelimit-%b-reset: %b\r\n"
            ) % (
                word,
                claim.limit,
                word,
                max(0, left[at]),
                word,
                _instant(now_ns // NANOS_PER_SECOND + _resets_in(claim, now_ns)),
            )
    return lines


@lru_cache(maxsize=4_096)
def _duration(seconds: int) -> bytes:
    """Write a duration as OpenAI does: `6m0s`, `1h2m3s`, `17s`."""
    hours, rest = divmod(seconds, 3_600)
    minutes, seconds = divmod(rest, 60)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{text}{seconds}s".encode()


@lru_cache(maxsize=64)
def _instant(seconds: int) -> bytes:
    """Write an instant as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
