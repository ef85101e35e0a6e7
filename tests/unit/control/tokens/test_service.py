"""Tokens: issued once, changed by whoever may, ended for ever, and published before anybody hears of it."""

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.faults import Invalid
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.services.model import NewService
from tollway.control.tokens.lifetimes import DEFAULT_SECONDS
from tollway.control.tokens.model import NewToken, TokenChange, TokenFilter
from tollway.control.tokens.service import ENTRIES_MAX, EXPIRES_NS_MAX
from tollway.control.upstreams.model import ConnectionChange
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.policy.token import parse_token


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


def test_issued_token_is_published_before_it_is_shown(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    parsed = parse_token(issued.secret.reveal())
    assert parsed is not None and parsed.id == issued.token.id
    record = plane.policy.token(issued.token.id)
    assert record.mac == plane.keys.mac(parsed.raw, record.pepper_version)
    assert (record.state, record.kind, record.models, record.services) == ("active", "s", None, None)
    assert issued.token.created_by == "user:user_1"


def test_token_lives_ninety_days_unless_told_otherwise(plane: ControlPlane) -> None:
    now = plane.clock.now_ns()
    assert plane.tokens.issue(NewToken("a"), ACTOR).token.expires_ns == now + DEFAULT_SECONDS * 10**9
    assert plane.tokens.issue(NewToken("b", expires_ns=None), ACTOR).token.expires_ns is None
    at = now + 1_500_000_000
    assert plane.tokens.issue(NewToken("c", expires_ns=at), ACTOR).token.expires_ns == at // 10**9 * 10**9


def test_expired_is_derived_to_the_second(plane: ControlPlane) -> None:
    at = plane.clock.now_ns() + 10 * NANOS_PER_SECOND
    token = plane.tokens.issue(NewToken("a", expires_ns=at), ACTOR).token
    assert token.state_at(at - 1) == "active"
    assert token.state_at(at) == "expired"
    plane.clock.advance(10)
    assert plane.tokens.page(TokenFilter(state="expired")).items == (token,)
    assert plane.tokens.page(TokenFilter(state="active")).items == ()
    assert plane.tokens.count_live() == 0


def test_revocation_is_in_force_when_it_is_answered(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    revoked = plane.tokens.revoke(token.id, ACTOR, reason="leaked")
    assert plane.policy.token(token.id).state == "revoked"
    assert (revoked.revoked_reason, revoked.revoked_by) == ("leaked", "user:user_1")
    assert revoked.state_at(2**62) == "revoked", "also after its expiry"


def test_revoking_twice_keeps_the_first_reason(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    first = plane.tokens.revoke(token.id, ACTOR, reason="one")
    plane.clock.advance(5)
    assert plane.tokens.revoke(token.id, ACTOR, reason="two") == first


def test_revoked_token_never_changes_again(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.tokens.revoke(token.id, ACTOR)
    for act in (
        lambda: plane.tokens.enable(token.id, ACTOR),
        lambda: plane.tokens.disable(token.id, ACTOR),
        lambda: plane.tokens.change(token.id, TokenChange(name="b"), ACTOR),
    ):
        with refused("management.conflict"):
            act()
    assert plane.policy.token(token.id).state == "revoked"


def test_failed_publication_is_not_answered_and_made_good_by_the_next_change(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.policy.fail_next = 1
    with refused("management.unavailable"):
        plane.tokens.revoke(token.id, ACTOR)
    assert plane.policy.token(token.id).state == "active"
    assert plane.publisher.has_unpublished()
    plane.tokens.issue(NewToken("other"), ACTOR)
    assert plane.policy.token(token.id).state == "revoked"
    assert not plane.publisher.has_unpublished()


def test_crash_between_the_two_stores_is_repaired_at_the_next_start(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.policy.fail_next = 1
    with refused("management.unavailable"):
        plane.tokens.revoke(token.id, ACTOR)
    restarted = ControlPlane(plane.around).start()
    assert restarted.policy.token(token.id).state == "revoked"
    assert "rebuild" not in plane.policy.log[1:], "only what was left undone is written"


def test_repeated_revocation_publishes_what_the_first_could_not(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.policy.fail_next = 1
    with refused("management.unavailable"):
        plane.tokens.revoke(token.id, ACTOR)
    plane.tokens.revoke(token.id, ACTOR)
    assert plane.policy.token(token.id).state == "revoked"


def test_all_faults_are_reported_together(plane: ControlPlane) -> None:
    rules = LimitRules(requests=(RequestRule("a", 0, 60), RequestRule("a", 1, 0)), concurrency=0)
    new = NewToken(" x", application_id="app_none", services=("none",), expires_ns=1, limits=rules)
    with pytest.raises(Invalid) as caught:
        plane.tokens.issue(new, ACTOR)
    assert {fault.path for fault in caught.value.faults} == {
        "/name",
        "/application_id",
        "/services/0",
        "/expires_at",
        "/limits/requests/0/requests",
        "/limits/requests/1/name",
        "/limits/requests/1/window_seconds",
        "/limits/concurrency",
    }
    assert plane.tokens.page().items == ()


def test_services_are_kept_by_id_and_given_by_name(plane: ControlPlane) -> None:
    service = plane.services.create(NewService("Orders", "/orders", ConnectionChange("https://a.example")), ACTOR)
    token = plane.tokens.issue(NewToken("a", services=("orders", service.id)), ACTOR).token
    assert token.services == (service.id,)
    assert plane.policy.token(token.id).services == (service.id,)


def test_budget_keeps_its_id_over_edits(plane: ControlPlane) -> None:
    def rules(limit: int) -> LimitRules:
        return LimitRules(budgets=(BudgetRule("month", limit, "month"),))

    token = plane.tokens.issue(NewToken("a", limits=rules(1)), ACTOR).token
    budget_id = token.limits.budgets[0].id
    plane.tokens.change(token.id, TokenChange(limits=LimitRules()), ACTOR)
    changed = plane.tokens.change(token.id, TokenChange(limits=rules(2)), ACTOR)
    assert changed.limits.budgets[0].id == budget_id
    assert changed.limits.budgets[0].limit_nanos == 2
    other = plane.tokens.issue(NewToken("b", limits=rules(1)), ACTOR).token
    assert other.limits.budgets[0].id != budget_id


def test_change_of_nothing_leaves_the_version(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.clock.advance(1)
    assert plane.tokens.change(token.id, TokenChange(name="a"), ACTOR) == token
    assert plane.tokens.change(token.id, TokenChange(name="b"), ACTOR).version == token.version + 1


def test_stale_version_is_refused(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.tokens.change(token.id, TokenChange(name="b"), ACTOR, expected_version=token.version)
    with refused("management.precondition"):
        plane.tokens.revoke(token.id, ACTOR, expected_version=token.version)


def test_disabled_token_can_be_enabled(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    assert plane.tokens.disable(token.id, ACTOR).state == "disabled"
    assert plane.policy.token(token.id).state == "disabled"
    plane.tokens.enable(token.id, ACTOR)
    assert plane.policy.token(token.id).state == "active"


def test_nobody_gives_more_than_they_have(plane: ControlPlane) -> None:
    bound = Grant(models=("gpt-4o",), services=(), expires_ns=plane.clock.now_ns() + 10**12)
    giver = replace(ACTOR, bound=bound)
    with refused("management.forbidden"):
        plane.tokens.issue(NewToken("a", models=("gpt-4o",), services=()), giver)
    soon = plane.clock.now_ns() + 10**11
    token = plane.tokens.issue(NewToken("a", models=(), services=(), expires_ns=soon), giver).token
    with refused("management.forbidden"):
        plane.tokens.change(token.id, TokenChange(models=None), giver)
    assert plane.tokens.page().items == (token,)


def test_pages_are_whole_and_ordered_with_equal_instants(plane: ControlPlane) -> None:
    issued = [plane.tokens.issue(NewToken(f"t{number}"), ACTOR).token for number in range(5)]
    plane.clock.advance(1)
    issued += [plane.tokens.issue(NewToken(f"u{number}"), ACTOR).token for number in range(4)]
    for sort in ("newest", "oldest"):
        seen, after = [], None
        while True:
            page = plane.tokens.page(TokenFilter(sort=sort), after=after, limit=2)
            seen += page.items
            after = page.next
            if after is None:
                break
        wanted = sorted(issued, key=lambda token: (token.created_ns, token.id), reverse=sort == "newest")
        assert seen == wanted


def test_search_is_by_beginning_and_knows_no_wildcards(plane: ControlPlane) -> None:
    first = plane.tokens.issue(NewToken("100% Grün"), ACTOR).token
    plane.tokens.issue(NewToken("other"), ACTOR)

    def found(search: str) -> tuple[str, ...]:
        return tuple(token.name for token in plane.tokens.page(TokenFilter(search=search)).items)

    assert found("100% g") == ("100% Grün",)
    assert found("100% GRÜ") == ("100% Grün",)
    assert found("%") == found("_") == found("ther") == ()
    assert found(first.masked) == found(first.id[:8]) == found(f"tws_{first.id[:5]}") == ("100% Grün",)


def test_filter_by_application(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    token = plane.tokens.issue(NewToken("a", application_id=application.id), ACTOR).token
    plane.tokens.issue(NewToken("b"), ACTOR)
    assert plane.tokens.page(TokenFilter(application_id=application.id)).items == (token,)
    assert (token.application_name, token.team_id) == ("shop", "team_default")
    assert plane.policy.token(token.id).application_id == application.id


def test_ids_are_never_used_again(plane: ControlPlane) -> None:
    draws = iter([bytes(48), bytes(48), bytes(16) + b"\1" * 32, b"\2" * 48])
    parts = plane.tokens._parts
    tokens = type(plane.tokens)(
        type(parts)(
            parts.store, parts.owners, parts.services, parts.hasher, parts.touching, parts.transactions, parts.trail,
            parts.clock, lambda size: next(draws),
        )
    )  # fmt: skip
    first = tokens.issue(NewToken("a"), ACTOR).token
    tokens.revoke(first.id, ACTOR)
    second = tokens.issue(NewToken("b"), ACTOR).token
    assert second.id != first.id
    assert plane.policy.token(first.id).state == "revoked"


def test_names_and_expiring(plane: ControlPlane) -> None:
    soon = plane.clock.now_ns() + 5 * NANOS_PER_SECOND
    token = plane.tokens.issue(NewToken("a", expires_ns=soon), ACTOR).token
    plane.tokens.issue(NewToken("b"), ACTOR)
    assert plane.tokens.names([token.id, "nobody"]) == {token.id: "a"}
    assert plane.tokens.expiring(60) == (token,)
    assert plane.tokens.count_live() == 2


def test_named_token_is_found_unless_the_name_is_ambiguous(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("CI"), ACTOR).token
    assert plane.tokens.find_named("ci") == token
    other = plane.tokens.issue(NewToken("ci"), ACTOR).token
    with refused("management.conflict"):
        plane.tokens.find_named("ci")
    plane.tokens.revoke(other.id, ACTOR)
    assert plane.tokens.find_named("ci") == token


def test_concurrent_changes_are_serial(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    threads = [
        threading.Thread(target=plane.tokens.change, args=(token.id, TokenChange(name=f"n{number}"), ACTOR))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = plane.tokens.get(token.id)
    assert after.version == token.version + 8
    assert plane.policy.token(token.id).name == after.name


@given(name=st.text(max_size=120))
def test_any_name_is_taken_whole_or_refused(name: str) -> None:
    from tollway.control.faults import Faults
    from tollway.control.names import check_name

    faults = Faults()
    check_name(name, "/name", faults)
    assert bool(faults.found) or (name == name.strip() and 1 <= len(name) <= 100)


def test_a_token_without_an_application_belongs_to_whoever_issued_it(plane: ControlPlane) -> None:
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    mine = plane.tokens.issue(NewToken("mine"), ACTOR).token
    of_application = plane.tokens.issue(NewToken("shop", application.id), ACTOR).token
    of_nobody = plane.tokens.issue(NewToken("cli"), Actor("operator", "local")).token
    assert [token.owner_id for token in (mine, of_application, of_nobody)] == [ACTOR.id, None, None]
    moved = plane.tokens.change(of_application.id, TokenChange(application_id=None), ACTOR)
    assert (moved.owner_id, moved.team_id) == (ACTOR.id, None)


def test_what_is_out_of_sight_is_not_there(plane: ControlPlane) -> None:
    red, blue = plane.teams.create("red", ACTOR), plane.teams.create("blue", ACTOR)
    applications = {
        team.id: plane.applications.create(NewApplication(team.name, team.id), ACTOR) for team in (red, blue)
    }
    tokens = {team: plane.tokens.issue(NewToken(team, one.id), ACTOR).token for team, one in applications.items()}
    eve = Actor("user_eve", "user", sight=Sight(Reach.TEAM, "user_eve", frozenset({red.id})))
    own = plane.tokens.issue(NewToken("own"), eve).token
    plane.clock.advance(1)
    assert {token.id for token in plane.tokens.page(sight=eve.sight).items} == {tokens[red.id].id, own.id}
    narrow = Sight(Reach.OWN, "user_eve", frozenset({red.id}))
    assert plane.tokens.page(sight=narrow).items == (plane.tokens.get(own.id),)
    for act in (
        lambda: plane.tokens.get(tokens[blue.id].id, eve.sight),
        lambda: plane.tokens.revoke(tokens[blue.id].id, eve),
        lambda: plane.tokens.disable(tokens[blue.id].id, eve),
        lambda: plane.tokens.change(tokens[blue.id].id, TokenChange(name="x"), eve),
        lambda: plane.tokens.revoke(tokens[red.id].id, replace(eve, sight=narrow)),
    ):
        with refused("management.not_found"):
            act()
    for issue in (
        lambda: plane.tokens.issue(NewToken("x", applications[blue.id].id), eve),
        lambda: plane.tokens.change(own.id, TokenChange(application_id=applications[blue.id].id), eve),
        lambda: plane.tokens.issue(NewToken("x", applications[red.id].id), replace(eve, sight=narrow)),
    ):
        with refused("management.invalid"):
            issue()


def test_a_persons_tokens_end_together_or_change_hands_together(plane: ControlPlane) -> None:
    mine = [plane.tokens.issue(NewToken(f"t{number}"), ACTOR).token for number in range(3)]
    assert plane.tokens.count_personal([ACTOR.id, "user_2"]) == {ACTOR.id: 3}
    assert plane.tokens.hand_over(ACTOR.id, "user_2", ACTOR) == 3
    assert plane.tokens.count_personal([ACTOR.id, "user_2"]) == {"user_2": 3}
    assert plane.policy.token(mine[0].id).state == "active"
    assert plane.tokens.end_personal("user_2", ACTOR, reason="gone") == 3
    assert {plane.policy.token(token.id).state for token in mine} == {"revoked"}
    assert plane.tokens.end_personal("user_2", ACTOR, reason="gone") == 0


def test_who_a_token_is_of_where_it_works_and_how_long_are_checked_at_issue(plane: ControlPlane) -> None:
    new = NewToken(
        "x", owner_id="user_1", application_id="app_none", environment="staging", models=("m",) * (ENTRIES_MAX + 1)
    )
    with pytest.raises(Invalid) as caught:
        plane.tokens.issue(new, ACTOR)
    found = {fault.path: fault.message for fault in caught.value.faults}
    assert found["/environment"] == "use live or test"
    assert found["/owner_id"] == "a token belongs to an application or to a service account, not to both"
    assert found["/models"] == "at most 1000 entries"
    with pytest.raises(Invalid, match="before the year 2262"):
        plane.tokens.issue(NewToken("x", expires_ns=EXPIRES_NS_MAX + 1), ACTOR)
    assert plane.tokens.page().items == ()


def test_a_generator_that_repeats_itself_gives_no_second_token_the_same_id(plane: ControlPlane) -> None:
    parts = replace(plane.tokens._parts, random_bytes=bytes)
    tokens = type(plane.tokens)(parts)
    first = tokens.issue(NewToken("a"), ACTOR).token
    with refused("gateway.internal"):
        tokens.issue(NewToken("b"), ACTOR)
    assert plane.tokens.page().items == (first,)
