"""Reports of leaked tokens: only the whole secret counts, everybody gets the same, the rules say what happens."""

import json

import pytest

from kit.control import ACTOR
from kit.life import build_token_desk
from kit.security import Security
from tollway.contract.watching import Rule
from tollway.control.audit.model import Wanted
from tollway.control.security import leaks as module
from tollway.control.security.model import LeakReport, SecurityRules
from tollway.policy.token import generate_token

OTHER = generate_token("s", bytes(range(48))).reveal()


def with_other_secret(text: str) -> str:
    """The same id with another secret and a right checksum."""
    from tollway.policy.token import _checksum

    body = text[:16] + OTHER[16:59]
    return body + _checksum(body.encode()).decode()


def report(security: Security, *texts: str, **more: str) -> None:
    security.desk.leaks.receive([LeakReport(text, **more) for text in texts])
    while security.desk.leaks.look():
        pass


def test_a_leaked_token_is_quarantined_by_default_and_nothing_is_done_before_it_is_looked_at(
    security: Security, token: tuple[str, str]
) -> None:
    security.desk.leaks.receive([LeakReport(token[1], "https://code.example/x", "content")])
    assert security.events() == () and security.plane.tokens.get(token[0]).state == "active"
    security.desk.leaks.look()
    (event,) = security.events()
    assert (event.kind, event.severity, event.act, event.act_state) == ("leaked", "critical", "quarantine", "done")
    assert event.facts["url"] == "https://code.example/x" and event.facts["reporter"] == "anybody"
    assert security.plane.tokens.get(token[0]).state == "quarantined"
    security.desk.events.undo(event.id, ACTOR)
    assert security.plane.tokens.get(token[0]).state == "active"


@pytest.mark.parametrize("act", ["notify", "quarantine", "revoke"])
def test_the_policy_decides_what_is_done(security: Security, token: tuple[str, str], act: str) -> None:
    security.desk.rules.put("", SecurityRules(leaked=Rule(act=act), undo_hours=0), ACTOR)  # type: ignore[arg-type]
    report(security, token[1])
    states = {"notify": "active", "quarantine": "quarantined", "revoke": "revoked"}
    assert security.plane.tokens.get(token[0]).state == states[act]


def test_r12_knowing_an_id_does_nothing(security: Security, token: tuple[str, str]) -> None:
    """R12: PyPI's endpoint deleted by identifier; OpenBao CVE-2026-40264."""
    forged = with_other_secret(token[1])
    assert forged[:16] == token[1][:16] and forged != token[1]
    report(security, forged, token[0], token[1][:-1], token[1] + "x", OTHER, "")
    assert security.events() == () and security.plane.tokens.get(token[0]).state == "active"
    assert security.desk.leaks.stand(forged) == security.desk.leaks.stand(OTHER) == "unknown"


def test_a_replaced_secret_counts_and_one_whose_overlap_is_over_does_no_harm(
    security: Security, token: tuple[str, str]
) -> None:
    secrets = build_token_desk(security.plane).secrets
    newer = secrets.rotate(token[0], ACTOR, overlap_seconds=3_600).secret.reveal()
    assert security.desk.leaks.stand(token[1]) == security.desk.leaks.stand(newer) == "active"
    security.plane.clock.advance(3_601)
    assert security.desk.leaks.stand(token[1]) == "revoked"
    report(security, token[1])
    assert (security.events()[0].severity, security.events()[0].detail) == ("low", "revoked")


def test_a_decoy_in_a_report_is_known_as_one(security: Security) -> None:
    issued = security.desk.decoys.issue("bait", "wiki", ACTOR)
    assert security.desk.leaks.stand(issued.secret.reveal()) == "decoy"


def test_many_matches_are_taken_and_the_same_token_twice_is_one_event(
    security: Security, token: tuple[str, str]
) -> None:
    report(security, *([OTHER] * 5_000), token[1], token[1])
    (event,) = security.events()
    assert event.count == 2


def test_a_report_waits_sealed_and_one_that_cannot_be_opened_is_dropped(
    security: Security, token: tuple[str, str]
) -> None:
    from sqlalchemy import select, update

    from tollway.adapters.storage.security_schema import leak_reports

    security.desk.leaks.receive([LeakReport(token[1])])
    with security.plane.database.write():
        connection = security.plane.database.writing()
        sealed = connection.execute(select(leak_reports.c.sealed)).scalar_one()
        assert token[1].encode() not in bytes(sealed) and token[1][16:59].encode() not in bytes(sealed)
        connection.execute(update(leak_reports).values(sealed=b"damaged"))
    security.desk.leaks.look()
    assert security.events() == () and security.desk.leaks.look() is False


def test_reports_that_wait_are_bounded(security: Security, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 3)
    for _ in range(5):
        security.desk.leaks.receive([LeakReport(OTHER)])
    assert security.desk.leaks._parts.reports.count() == 3


def test_a_settled_report_says_what_the_token_is_now(security: Security, token: tuple[str, str]) -> None:
    standing, event = security.desk.leaks.settle(LeakReport(token[1], reporter="scan"))
    assert standing == "quarantined" and event is not None and event.facts["token_was"] == "active"
    assert security.desk.leaks.settle(LeakReport(OTHER)) == ("unknown", None)


def test_a_report_of_somebody_known_is_in_the_audit_log_with_its_counts(
    security: Security, token: tuple[str, str]
) -> None:
    (known, unknown) = security.desk.leaks.report([LeakReport(token[1]), LeakReport(OTHER)], ACTOR)
    assert (known[0], unknown) == ("quarantined", ("unknown", None))
    entry = security.plane.audit.page(Wanted())[0]
    assert (entry.actor, entry.action) == (str(ACTOR), "security.report")
    assert json.loads(entry.after or "") == {"tokens": 2, "known": 1}
    assert token[1] not in str(entry)


def test_reports_are_read_only_when_some_may_wait_and_again_when_reading_failed(
    security: Security, token: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console looks twice a second."""
    leaks = security.desk.leaks
    store, reads = leaks._parts.reports, []
    first = type(store).first

    def counted(self: object, count: int) -> object:
        reads.append(count)
        if len(reads) == 2:
            raise OSError("down")
        return first(self, count)  # type: ignore[arg-type]  # the store itself

    monkeypatch.setattr(type(store), "first", counted)
    assert [leaks.look() for _ in range(3)] == [False] * 3 and len(reads) == 1
    leaks.receive([LeakReport(token[1])])
    with pytest.raises(OSError, match="down"):
        leaks.look()
    leaks.look()
    assert len(security.events()) == 1 and len(reads) == 3
    assert [leaks.look() for _ in range(3)] == [False] * 3 and len(reads) == 4
