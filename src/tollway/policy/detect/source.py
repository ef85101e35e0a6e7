"""Looks at calls that were refused without a token that is known: who guesses, and at what. Pure but for its memory.

Law: nothing here ever concerns whoever holds a token, so that nobody can lock another out. Memory is bounded: of
sources, and of tokens that are guessed at, those heard of longest ago are forgotten.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from tollway.contract.records import Refused
from tollway.contract.watching import Detector, Facts, Finding, Guessing, Severity, Thresholds
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.detect.places import UNKNOWN, place_of
from tollway.policy.detect.profile import HOUR

SUBJECTS_MAX: Final = 10_000
MARKS_MAX: Final = 256
"""Different credentials that are remembered of one subject; a threshold above it is never reached."""
AGAIN_SECONDS: Final = 6 * HOUR


class Seen(msgspec.Struct):
    """What was presented by a source, or for a token: mark -> when last. `said_at` 0: nothing was found yet."""

    marks: dict[str, int] = {}
    calls: int = 0
    said_at: int = 0


class Guesses:
    """What was refused in the last hours, by whom and at what."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], Seen] = OrderedDict()

    def look(self, second: int, refused: Iterable[Refused], rules: Thresholds) -> list[Finding]:
        """Return what is found in what was refused in one second."""
        found: list[Finding] = []
        for each in refused:
            source = place_of(each.address).source
            # Without addresses, everybody would be one source.
            is_source_known = source != UNKNOWN
            for mark in each.marks:
                named = f"{each.token_id}/{mark}"
                if is_source_known:
                    self._count("scanning", source, (second, named, rules.scanning), each, found)
                if each.kind == "unknown" and is_source_known:
                    self._count("unknown_ids", source, (second, each.token_id, rules.unknown_ids), each, found)
                elif each.kind == "wrong_secret":
                    self._count("secret_guessed", each.token_id, (second, named, rules.secret_guessed), each, found)
        return found

    def _count(
        self,
        detector: Detector,
        subject: str,
        what: tuple[int, str, Guessing],
        each: Refused,
        found: list[Finding],
    ) -> None:
        second, mark, rule = what
        seen = self._remembered(detector, subject)
        if mark not in seen.marks:
            for old in [known for known, last in seen.marks.items() if last < second - rule.seconds]:
                del seen.marks[old]
        if mark in seen.marks or len(seen.marks) < MARKS_MAX:
            seen.marks[mark] = second
        seen.calls += each.calls
        if len(seen.marks) < rule.count:
            return
        is_said = bool(seen.said_at) and second - seen.said_at <= AGAIN_SECONDS
        seen.said_at = second
        if not is_said:
            found.append(_finding(detector, subject, second, each, len(seen.marks)))

    def _remembered(self, detector: str, subject: str) -> Seen:
        key = (detector, subject)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = Seen()
            if len(self._seen) > SUBJECTS_MAX:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return seen


_SEVERITIES: dict[Detector, Severity] = {"scanning": "medium", "unknown_ids": "medium", "secret_guessed": "high"}


def _finding(detector: Detector, subject: str, second: int, each: Refused, count: int) -> Finding:
    facts: Facts = {
        "address": each.address,
        "client": each.agent,
        "different_credentials": count,
    }
    detail = place_of(each.address).source if detector == "secret_guessed" else ""
    return Finding(detector, subject, second * NANOS_PER_SECOND, _SEVERITIES[detector], "", detail, facts)
