"""Reports of tokens that were found somewhere: taken in by anybody, looked at afterwards, acted on by rule.

Law: a report counts only when it holds a token's whole secret; knowing an id does nothing. What a reporter is told
does not depend on whether there is such a token, nor does the time it takes: reports are sealed and put aside, and
looked at later. (PyPI deleted by identifier; OpenBao CVE-2026-40264.)
"""

import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tollway.contract.watching import Facts, Severity
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.ports import Trail, Transactions
from tollway.control.security.model import LEAKED, LeakReport, Received, SecurityEvent, TokenStanding
from tollway.control.security.noticing import Noticed, Noticing
from tollway.control.security.ports import ReportBox, ReportStore, RuleStore, TokenActs, TokenProof
from tollway.control.tokens.model import Token
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import new_id
from tollway.policy.token import parse_token

REPORT = "rep"
TOKENS_MAX = 10_000
"""Well-formed tokens that one report is read for; more are left out."""
WAITING_MAX = 1_000
"""Reports that wait. Above it new ones are dropped: nothing was promised, and the answer is the same."""
URL_CHARACTERS_MAX = 2_000
SOURCE_CHARACTERS_MAX = 100
EACH = 20
_SEVERITY: dict[TokenStanding, Severity] = {"revoked": "low", "expired": "low", "disabled": "medium"}

_log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A report as it is sealed."""

    token: str
    url: str
    source: str
    reporter: str


_decode = msgspec.msgpack.Decoder(tuple[Kept, ...]).decode
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class LeakParts:
    """What the service is built from."""

    reports: ReportStore
    rules: RuleStore
    box: ReportBox
    tokens: TokenActs
    proof: TokenProof
    noticing: Noticing
    transactions: Transactions
    trail: Trail
    clock: Clock


class Leaks:
    """Takes reports and looks tokens up. Thread-safe."""

    def __init__(self, parts: LeakParts) -> None:
        self._parts = parts
        self._may_wait = True
        """Whether a report may wait: this process is the only one that puts them aside, but for those before it."""

    def receive(self, reports: Sequence[LeakReport]) -> None:
        """Put reports aside. The same work and the same time whether or not they hold tokens of ours.

        Raises management.unavailable.
        """
        kept = tuple(_keep(report) for report in reports if parse_token(report.token) is not None)[:TOKENS_MAX]
        parts, report_id = self._parts, new_id(REPORT)
        sealed = parts.box.seal(_encode(kept), app_aad(report_id))
        with parts.transactions.write():
            if parts.reports.count() < WAITING_MAX:
                parts.reports.add(Received(report_id, sealed, parts.clock.now_ns()))
        self._may_wait = True

    def look(self) -> bool:
        """Look at some of the reports that wait; return whether there are more. Raises management.unavailable."""
        if not self._may_wait:
            return False
        parts, self._may_wait = self._parts, False
        try:
            return self._look(parts.reports.first(EACH))
        except BaseException:
            self._may_wait = True
            raise

    def _look(self, waiting: Sequence[Received]) -> bool:
        parts = self._parts
        for received in waiting:
            with parts.transactions.write():
                for report in self._open(received):
                    self.settle(report)
                parts.reports.remove(received.id)
        # What waits may be more than was read; the next look says.
        self._may_wait = self._may_wait or bool(waiting)
        return len(waiting) >= EACH

    def report(
        self, reports: Sequence[LeakReport], actor: Actor
    ) -> tuple[tuple[TokenStanding, SecurityEvent | None], ...]:
        """Settle the reports of somebody known, all or none; the audit log says who reported how many.

        What the rules then do with a token is in it as well, as an act of the program.
        """
        with self._parts.transactions.write():
            settled = tuple(self.settle(each) for each in reports)
            facts = {"tokens": len(settled), "known": sum(event is not None for _, event in settled)}
            self._parts.trail.record(actor, "security.report", Subject("report"), None, facts)
        return settled

    def settle(self, report: LeakReport) -> tuple[TokenStanding, SecurityEvent | None]:
        """Make an event of a report when it holds a token of ours, and act as the rules say; return what it is now."""
        found = self._find(report.token)
        if found is None:
            return "unknown", None
        token, standing = found
        facts: Facts = {
            "url": report.url[:URL_CHARACTERS_MAX],
            "source": report.source[:SOURCE_CHARACTERS_MAX],
            "reporter": report.reporter or "anybody",
            "token_was": standing,
        }
        noticed = Noticed(
            LEAKED,
            _SEVERITY.get(standing, "critical"),
            token.id,
            "" if standing not in _SEVERITY else standing,
            facts,
            self._parts.clock.now_ns(),
            token.team_id,
        )
        with self._parts.transactions.write():
            event = self._parts.noticing.notice(noticed)
        now = self._find(report.token)
        return (standing if now is None else now[1]), event

    def stand(self, text: str) -> TokenStanding:
        """Return what a whole token is. An id with another secret is unknown, after the same work."""
        found = self._find(text)
        return "unknown" if found is None else found[1]

    def _find(self, text: str) -> tuple[Token, TokenStanding] | None:
        parsed = parse_token(text)
        token = None if parsed is None else self._parts.tokens.find(parsed.id)
        if parsed is None or token is None or token.kind != parsed.kind:
            return None
        now, raw = self._parts.clock.now_ns(), parsed.raw
        if self._is_secret(raw, token.mac, token.pepper_version):
            return token, self._standing(token, now)
        for old in token.life.old_secrets:
            if self._is_secret(raw, old.mac, old.pepper_version):
                return token, self._standing(token, now) if old.works_at(now) else "revoked"
        return None

    def _is_secret(self, raw: bytes, mac: bytes, pepper_version: int) -> bool:
        made = self._parts.proof.mac(raw, pepper_version)
        return made is not None and hmac.compare_digest(made, mac)

    def _standing(self, token: Token, now_ns: int) -> TokenStanding:
        if any(decoy.token_id == token.id for decoy in self._parts.rules.decoys()):
            return "decoy"
        return token.state_at(now_ns)

    def _open(self, received: Received) -> tuple[LeakReport, ...]:
        try:
            kept = _decode(self._parts.box.open(received.sealed, app_aad(received.id)))
        except (TollwayError, ValueError):
            _log.exception("security: report %s cannot be opened and is dropped", received.id)
            return ()
        return tuple(LeakReport(each.token, each.url, each.source, each.reporter) for each in kept)


def app_aad(report_id: str) -> bytes:
    """Name the one place that a sealed report may be opened for."""
    return f"leak_reports|sealed|{report_id}".encode()


def _keep(report: LeakReport) -> Kept:
    url, source = report.url[:URL_CHARACTERS_MAX], report.source[:SOURCE_CHARACTERS_MAX]
    return Kept(report.token, url, source, report.reporter)
