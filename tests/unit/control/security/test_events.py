"""The inbox: what a person sees, closes, does and undoes, with an entry in the audit log for each."""

from dataclasses import replace
from itertools import permutations

import pytest

from kit.control import ACTOR
from kit.security import Security
from tollway.contract.watching import LADDER, Act, Detector, ErrorShare, Spike, Spread, Thresholds
from tollway.control.access.model import Reach, Sight
from tollway.control.security.model import EventFilter, SecurityRules
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.life import DENIED
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

QUARANTINE = SecurityRules(Thresholds(spike=Spike(act="quarantine")))


def code(call: object, *arguments: object, **more: object) -> str:
    with pytest.raises(TollwayError) as caught:
        call(*arguments, **more)  # type: ignore[operator]
    return caught.value.code.name


def test_an_act_is_undone_by_a_person_and_then_not_repeated_for_a_day(
    security: Security, token: tuple[str, str]
) -> None:
    security.desk.rules.put("", QUARANTINE, ACTOR)
    security.find("spike", token[0])
    (event,) = security.events()
    assert security.plane.tokens.get(token[0]).state == "quarantined"
    undone = security.desk.events.undo(event.id, ACTOR)
    assert (undone.act_state, undone.act_by) == ("undone", str(ACTOR))
    assert security.plane.tokens.get(token[0]).state == "active"
    assert code(security.desk.events.undo, event.id, ACTOR) == "management.conflict"
    security.find("spike", token[0], detail="again")
    assert security.events()[0].act == "notify" and security.plane.tokens.get(token[0]).state == "active"
    assert [each for each in security.audited() if each.startswith(("security", "token.q", "token.rel"))] == [
        "security.rules",
        "token.quarantine",
        "token.release",
        "security.undo",
    ]


def test_what_was_so_before_the_act_stays_after_it_is_undone(security: Security, token: tuple[str, str]) -> None:
    hands = security.desk.events._parts.tokens
    hands.quarantine(token[0], ACTOR, "by hand")
    security.find("spike", token[0])
    event = security.desk.events.act(security.events()[0].id, "limit", ACTOR)
    security.desk.events.undo(event.id, ACTOR)
    assert security.plane.tokens.get(token[0]).state == "quarantined"


def test_several_acts_about_one_event_are_undone_together(security: Security, token: tuple[str, str]) -> None:
    security.find("spike", token[0])
    event = security.events()[0]
    for act in ("limit", "quarantine"):
        event = security.desk.events.act(event.id, act, ACTOR)  # type: ignore[arg-type]
    assert event.act_before == "active"
    security.desk.events.undo(event.id, ACTOR)
    assert security.plane.tokens.get(token[0]).state == "active"


def test_a_revocation_by_a_person_is_for_ever(security: Security, token: tuple[str, str]) -> None:
    security.find("spike", token[0])
    event = security.desk.events.act(security.events()[0].id, "revoke", ACTOR)
    assert event.act_state == "final" and security.plane.tokens.get(token[0]).state == "revoked"
    assert code(security.desk.events.undo, event.id, ACTOR) == "management.conflict"


def test_what_is_expected_is_undone_closed_and_found_no_more(security: Security, token: tuple[str, str]) -> None:
    security.desk.rules.put("", QUARANTINE, ACTOR)
    security.find("spike", token[0], detail="requests")
    event = security.desk.events.mark_expected(security.events()[0].id, ACTOR, note=" a load test ")
    assert (event.state, event.note, event.act_state) == ("expected", "a load test", "undone")
    assert security.plane.tokens.get(token[0]).state == "active"
    security.desk.noticing.look()
    (expected,) = security.ledger.heeded.expected
    assert (expected.detector, expected.subject, expected.detail) == ("spike", token[0], "requests")
    (kept,) = security.desk.rules.expectations()
    security.desk.rules.forget(kept, ACTOR)
    security.desk.noticing.look()
    assert security.ledger.heeded.expected == ()


def test_closing_needs_the_version_that_was_seen_and_happens_once(security: Security, token: tuple[str, str]) -> None:
    security.find("spike", token[0])
    event = security.events()[0]
    close = security.desk.events.acknowledge
    assert code(close, event.id, ACTOR, expected_version=9) == "management.precondition"
    assert code(close, event.id, ACTOR, note="x" * 501) == "management.invalid"
    assert close(event.id, ACTOR, note="looked into", expected_version=1).state == "acknowledged"
    assert code(close, event.id, ACTOR) == "management.conflict"
    assert code(security.desk.events.act, event.id, "notify", ACTOR) == "management.invalid"


def test_events_are_seen_by_their_team_and_listed_by_state_kind_and_subject(
    security: Security, token: tuple[str, str]
) -> None:
    security.find("spike", token[0], team_id="team_a")
    security.find("scanning", "192.0.2.9", "high")
    desk = security.desk.events
    of_a, of_b = Sight(Reach.TEAM, "u", frozenset({"team_a"})), Sight(Reach.TEAM, "u", frozenset({"team_b"}))
    assert [event.kind for event in desk.page(EventFilter(), sight=of_a).items] == ["spike"]
    assert desk.page(EventFilter(), sight=of_b).items == ()
    assert code(desk.get, security.events()[0].id, of_a) == "management.not_found"
    assert desk.count_open() == {"medium": 1, "high": 1} and desk.count_open(of_a) == {"medium": 1}
    stranger = replace(ACTOR, sight=of_b)
    assert code(desk.acknowledge, security.events()[1].id, stranger) == "management.not_found"
    for wanted, kinds in (
        (EventFilter(kind="scanning"), ["scanning"]),
        (EventFilter(subject=token[0]), ["spike"]),
        (EventFilter(severity="high"), ["scanning"]),
        (EventFilter(state="expected"), []),
    ):
        assert [event.kind for event in desk.page(wanted, sight=Sight(Reach.ALL)).items] == kinds
    first = desk.page(EventFilter(), sight=Sight(Reach.ALL), limit=1)
    rest = desk.page(EventFilter(), sight=Sight(Reach.ALL), limit=1, after=first.next)
    assert [event.kind for event in (*first.items, *rest.items)] == ["scanning", "spike"] and rest.next is None


def test_an_event_about_a_source_has_no_token_to_act_on(security: Security) -> None:
    security.find("scanning", "192.0.2.9")
    assert code(security.desk.events.act, security.events()[0].id, "revoke", ACTOR) == "management.conflict"


ALL_ACTS = SecurityRules(
    Thresholds(spike=Spike(act="limit"), many_clients=Spread(act="quarantine"), error_share=ErrorShare(act="revoke"))
)
KINDS: dict[str, Detector] = {"limit": "spike", "quarantine": "many_clients", "revoke": "error_share"}


def standing(security: Security, token_id: str) -> str:
    """What holds the token back now: the strongest act, or the state."""
    token = security.plane.tokens.get(token_id)
    held = token.life.quarantine
    if token.state == "disabled":
        return "revoke"
    return token.state if held is None else ("quarantine" if held.denied else "limit")


@pytest.mark.parametrize("order", list(permutations(KINDS)), ids="-".join)
def test_a_token_is_held_as_the_strongest_of_its_events_says_in_whatever_order_they_come_and_go(
    security: Security, order: tuple[Act, ...]
) -> None:
    """No event loosens what another has tightened, and undoing one gives back nothing that another took."""
    security.desk.rules.put("", ALL_ACTS, ACTOR)
    for undone in (order, order[::-1], order[1:] + order[:1]):
        token_id = security.plane.tokens.issue(NewToken("shop"), ACTOR).token.id
        for count, act in enumerate(order, start=1):
            security.find(KINDS[act], token_id)
            assert standing(security, token_id) == max(order[:count], key=LADDER.index)
        ids = {event.act: event.id for event in security.events() if event.subject == token_id}
        for count, act in enumerate(undone, start=1):
            security.desk.events.undo(ids[act], ACTOR)
            assert standing(security, token_id) == max(undone[count:], key=LADDER.index, default="active")


def test_one_of_two_revocations_that_is_undone_leaves_the_other(security: Security, token: tuple[str, str]) -> None:
    rules = SecurityRules(Thresholds(spike=Spike(act="revoke"), error_share=ErrorShare(act="revoke")))
    security.desk.rules.put("", rules, ACTOR)
    security.find("spike", token[0])
    security.find("error_share", token[0])
    newest, oldest = security.events()
    security.desk.events.undo(oldest.id, ACTOR)
    assert security.plane.tokens.get(token[0]).state == "disabled"
    security.desk.events.undo(newest.id, ACTOR)
    assert security.plane.tokens.get(token[0]).state == "active"


@pytest.mark.parametrize("act", ["limit", "quarantine", "revoke"])
def test_what_a_person_did_is_neither_loosened_nor_undone_by_events(
    security: Security, token: tuple[str, str], act: Act
) -> None:
    security.plane.token_desk.ends.quarantine(token[0], Hold(reason="I look into it"), ACTOR)
    security.desk.rules.put("", ALL_ACTS, ACTOR)
    security.find(KINDS[act], token[0])
    held = security.plane.tokens.get(token[0]).life.quarantine
    assert held is not None and set(held.denied) == set(DENIED)
    security.desk.events.undo(security.events()[0].id, ACTOR)
    token_now = security.plane.tokens.get(token[0])
    assert token_now.state == "quarantined" and token_now.life.quarantine == held


def test_a_token_that_a_person_switched_on_again_is_not_revoked_when_the_window_is_over(
    security: Security, token: tuple[str, str]
) -> None:
    security.desk.rules.put("", SecurityRules(Thresholds(spike=Spike(act="revoke")), undo_hours=1), ACTOR)
    security.find("spike", token[0])
    security.plane.tokens.enable(token[0], ACTOR)
    security.plane.clock.advance(3_600)
    security.desk.noticing.finish_revocations()
    assert security.plane.tokens.get(token[0]).state == "active"
    assert security.events()[0].act_state == "undone"
