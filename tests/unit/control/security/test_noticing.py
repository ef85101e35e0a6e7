"""A finding becomes one event, once, and what the rules say is done about it."""

import pytest

from kit.control import ACTOR
from kit.notices import Notices
from kit.security import Security
from tollway.contract.watching import Finding, Spike, Thresholds, UsedAfter, WatchPolicy
from tollway.control.access.model import EVERYWHERE
from tollway.control.notices.model import DeliveryFilter, NewWebhook
from tollway.control.security.model import EventFilter, SecurityRules
from tollway.kernel.errors import TollwayError


def rules(**spike: object) -> SecurityRules:
    return SecurityRules(Thresholds(spike=Spike(**spike)))  # type: ignore[arg-type]


def test_the_same_again_is_counted_in_the_open_event(security: Security, token: tuple[str, str]) -> None:
    for _ in range(3):
        security.find("spike", token[0])
    security.find("spike", token[0], detail="cost_nanos")
    cost, requests = security.events()
    assert (requests.count, requests.subject_name, requests.is_token, requests.state) == (3, "shop", True, "open")
    assert (cost.count, cost.detail) == (1, "cost_nanos")
    security.desk.events.acknowledge(requests.id, ACTOR)
    security.find("spike", token[0])
    assert len(security.events()) == 3, "after it was closed, it is a new one"


def test_findings_are_taken_in_once_also_after_a_restart(security: Security, token: tuple[str, str]) -> None:
    security.find("spike", token[0])
    again = Security(security.plane)
    again.ledger.findings = list(security.ledger.findings)
    assert again.desk.noticing.look() is False
    assert [event.count for event in again.events()] == [1]


def test_more_findings_than_one_look_takes_are_all_taken(security: Security) -> None:
    for number in range(450):
        finding = Finding("scanning", f"192.0.{number // 250}.{number % 250}", security.plane.clock.now_ns(), "low")
        security.ledger.findings.append(finding)
    looks = [security.desk.noticing.look() for _ in range(3)]
    assert looks == [True, True, False]
    assert len(security.desk.events.page(EventFilter(), sight=EVERYWHERE, limit=500).items) == 450


def test_the_ledger_is_told_by_what_to_watch_whenever_it_watches_by_something_else(security: Security) -> None:
    security.desk.noticing.look()
    assert security.ledger.heeded.revision == 1
    security.desk.rules.put("", rules(factor=3), ACTOR)
    security.desk.rules.put("team_a", rules(factor=5), ACTOR)
    security.desk.noticing.look()
    assert security.ledger.heeded.revision == 3
    assert security.ledger.heeded.thresholds.spike.factor == 3
    assert security.ledger.heeded.teams["team_a"].spike.factor == 5
    security.ledger.heeded = WatchPolicy(0)  # a ledger that has lost its database
    security.desk.noticing.look()
    assert security.ledger.heeded.revision == 3


def test_a_ledger_that_is_away_loses_nothing(security: Security, token: tuple[str, str]) -> None:
    security.ledger.is_down = True
    with pytest.raises(TollwayError):
        security.find("spike", token[0])
    security.ledger.is_down = False
    security.desk.noticing.look()
    assert len(security.events()) == 1


def test_an_event_is_told_once_with_the_masked_token_only(security: Security, token: tuple[str, str]) -> None:
    notices = Notices(security.plane)
    webhook = notices.webhooks.create(NewWebhook("a", "https://a.example/"), ACTOR).webhook.id
    security.find("spike", token[0], "high")
    security.find("spike", token[0], "high")
    (delivery,) = [
        each for each in notices.deliveries.page(webhook, DeliveryFilter()).items if each.kind == "security.noticed"
    ]
    assert b'"token_masked":"tws_' in delivery.body and token[1].encode() not in delivery.body


def test_the_ladder_is_climbed_a_step_an_event_and_no_higher_than_its_top(
    security: Security, token: tuple[str, str]
) -> None:
    security.desk.rules.put("", rules(act="notify", act_most="quarantine"), ACTOR)
    states = []
    for number in range(4):
        security.find("spike", token[0], detail=f"episode {number}")
        event = security.events()[0]
        held = security.plane.tokens.get(token[0]).life.quarantine
        states.append((event.act, event.act_state, None if held is None else held.denied != ()))
        security.plane.clock.advance(3_600)
    assert states == [
        ("notify", "none", None),
        ("limit", "done", False),
        ("quarantine", "done", True),
        ("quarantine", "done", True),
    ]
    security.plane.clock.advance(2 * 86_400)
    security.find("spike", token[0], detail="days later")
    assert security.events()[0].act == "notify"


def test_what_was_found_before_the_act_takes_the_same_step(security: Security, token: tuple[str, str]) -> None:
    """One burst is a spike of calls, of money and of bytes: the first act had no time to show what it does."""
    rules = SecurityRules(Thresholds(spike=Spike(act="limit", act_most="revoke")))
    security.desk.rules.put("", rules, ACTOR)
    at_ns = security.plane.clock.now_ns() - 1
    for measure in ("requests", "cost_nanos", "bytes"):
        finding = Finding("spike", token[0], at_ns, "high", detail=measure, facts={"address": "192.0.2.1"})
        security.ledger.findings.append(finding)
    security.desk.noticing.look()
    assert [(event.act, event.act_state) for event in security.events()] == [("limit", "done")] * 3
    security.find("spike", token[0], detail="errors")
    assert security.events()[0].act == "quarantine"


def test_a_dry_run_says_what_it_would_have_done_and_does_nothing(security: Security, token: tuple[str, str]) -> None:
    notices = Notices(security.plane)
    webhook = notices.webhooks.create(NewWebhook("a", "https://a.example/"), ACTOR).webhook.id
    security.desk.rules.put("", rules(mode="dry_run", act="revoke"), ACTOR)
    security.find("spike", token[0])
    (event,) = security.events()
    assert (event.act, event.act_state) == ("revoke", "would")
    assert security.plane.tokens.get(token[0]).state == "active"
    assert notices.deliveries.page(webhook, DeliveryFilter()).items == ()


def test_a_revocation_by_rule_is_final_only_after_its_undo_window(security: Security, token: tuple[str, str]) -> None:
    security.desk.rules.put("", rules(act="revoke"), ACTOR)
    security.find("spike", token[0])
    assert security.plane.tokens.get(token[0]).state == "disabled"
    security.plane.clock.advance(23 * 3_600)
    security.desk.noticing.finish_revocations()
    assert security.plane.tokens.get(token[0]).state == "disabled"
    security.plane.clock.advance(3_600)
    security.desk.noticing.finish_revocations()
    assert security.plane.tokens.get(token[0]).state == "revoked"
    assert security.events()[0].act_state == "final"


def test_a_source_and_what_others_guess_at_is_only_told(security: Security, token: tuple[str, str]) -> None:
    security.find("scanning", "192.0.2.7")
    security.find("secret_guessed", token[0], "high")
    guessed, scanning = security.events()
    assert (scanning.is_token, scanning.act) == (False, "notify")
    assert (guessed.is_token, guessed.act) == (True, "notify")
    assert security.plane.tokens.get(token[0]).state == "active"


def test_an_act_that_is_refused_is_said_and_the_event_stays(security: Security, token: tuple[str, str]) -> None:
    security.plane.tokens.revoke(token[0], ACTOR)
    thresholds = Thresholds(used_after_end=UsedAfter(act="quarantine"))
    security.desk.rules.put("", SecurityRules(thresholds), ACTOR)
    security.find("used_after_end", token[0])
    assert security.events()[0].act_state == "failed"


def test_closed_events_are_deleted_after_a_year(security: Security, token: tuple[str, str]) -> None:
    security.find("spike", token[0])
    security.find("spike", token[0], detail="open")
    security.desk.events.acknowledge(security.events()[1].id, ACTOR)
    assert security.desk.noticing.purge() is False and len(security.events()) == 2
    security.plane.clock.advance(366 * 86_400)
    security.desk.noticing.purge()
    assert [event.state for event in security.events()] == ["open"]


def test_a_ledger_that_has_begun_anew_is_read_from_its_start_and_history_is_passed(
    security: Security, token: tuple[str, str]
) -> None:
    """Its database was replaced or restored: its numbers begin again."""
    for number in range(5):
        security.find("spike", token[0], detail=str(number))
    old = Finding("spike", token[0], security.plane.clock.now_ns() - 8 * 86_400 * 10**9, "low", detail="history")
    security.ledger.findings = [old]
    security.find("spike", token[0], detail="of the new ledger")
    assert security.events()[0].detail == "of the new ledger"
    assert len(security.events()) == 6
