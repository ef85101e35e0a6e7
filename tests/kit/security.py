"""The security domain on a throw-away control plane, with a ledger that has found what a test says."""

from typing import TYPE_CHECKING

from tollway.adapters.secrets.report_signatures import ReportSignatures
from tollway.compose.security import Looking, SecurityParts, build_security
from tollway.contract.ledger_api import (
    FindingsAnswer,
    FindingsQuery,
    FoundRow,
    HeedAnswer,
    HeedPolicy,
    Reply,
    Request,
)
from tollway.contract.watching import Detector, Finding, Severity, WatchPolicy
from tollway.control.access.model import EVERYWHERE
from tollway.control.audit.model import Wanted
from tollway.control.configuration.applying_security import SecurityConfigurationParts
from tollway.control.notices.model import Letter
from tollway.control.security.letters import SecurityLetters
from tollway.control.security.model import EventFilter, SecurityEvent
from tollway.control.security.service import SecurityDesk
from tollway.kernel.errors import TollwayError

if TYPE_CHECKING:
    from kit.control import ControlPlane


class FindingLedger:
    """Answers with `findings`, and remembers what it was told to watch by."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.heeded = WatchPolicy(0)
        self.is_down = False

    def ask(self, request: Request) -> Reply:
        if self.is_down:
            raise TollwayError("usage.unavailable")
        if isinstance(request, HeedPolicy):
            self.heeded = request.policy
            return HeedAnswer(request.policy.revision)
        assert isinstance(request, FindingsQuery)
        rows = [FoundRow(seq, finding) for seq, finding in enumerate(self.findings, start=1)]
        rows = [row for row in rows if row.seq > request.after_seq][: request.limit]
        last = rows[-1].seq if rows else request.after_seq
        return FindingsAnswer(tuple(rows), last, self.heeded.revision, len(self.findings))


class Security:
    """The domain's services and what stands around them."""

    def __init__(self, plane: "ControlPlane", signatures: ReportSignatures | None = None) -> None:
        self.plane = plane
        self.ledger = FindingLedger()
        self.letters: list[Letter] = []
        self.desk: SecurityDesk = build_security(
            SecurityParts(
                database=plane.database,
                token_store=plane.token_store,
                keys=plane.keys,
                tokens=plane.tokens,
                ledger=self.ledger,
                notices=plane.notifier,
                trail=plane.audit,
                clock=plane.clock,
                signatures=signatures or ReportSignatures(),
                letters=SecurityLetters(self, Looking(plane.account_store).find, "https://console.example"),
                addresses="whole",
            )
        )

    def find(self, detector: Detector, subject: str, severity: Severity = "medium", **more: object) -> None:
        """Have the ledger find something now, and take it in."""
        self.plane.clock.advance(1)
        now, facts = self.plane.clock.now_ns(), {"address": "192.0.2.1"}
        finding = Finding(detector, subject, now, severity, facts=facts, **more)  # type: ignore[arg-type]
        self.ledger.findings.append(finding)
        while self.desk.noticing.look():
            pass

    def post(self, letter: Letter) -> None:
        """Stand in for the letterbox."""
        self.letters.append(letter)

    def events(self) -> tuple[SecurityEvent, ...]:
        """Return all events, newest first."""
        return self.desk.events.page(EventFilter(), sight=EVERYWHERE).items

    def audited(self) -> list[str]:
        """Return what the audit log says was done, oldest first."""
        return [entry.action for entry in reversed(self.plane.audit.page(Wanted(), limit=500))]


def build_configured_security(plane: "ControlPlane") -> SecurityConfigurationParts:
    """Return the rules and decoys that configuration documents bring about."""
    desk = Security(plane).desk
    return SecurityConfigurationParts(desk.rules, desk.decoys, plane.teams)
