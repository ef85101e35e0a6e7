"""How long tokens may live: the shortest rule counts, and nothing that comes later makes it longer."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.control import ACTOR, ControlPlane
from tollway.control.applications.model import NewApplication
from tollway.control.bulk.model import Act, Wanted
from tollway.control.rotations import links
from tollway.control.rotations.model import RotationPolicy
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.lifetimes import DEFAULT_SECONDS, NoLifetimes, combine
from tollway.control.tokens.model import LifetimeRule, NewToken, TokenChange
from tollway.kernel.errors import TollwayError

DAY = 86_400
DAY_NS = DAY * 10**9
INSTALLATION = LifetimeRule("installation", "")


def set_rule(plane: ControlPlane, scope: str = "installation", scope_id: str = "", **fields: int | None) -> None:
    plane.lifetimes.put(LifetimeRule(scope, scope_id, **fields), ACTOR)  # type: ignore[arg-type]  # a literal


def faults_of(plane: ControlPlane, new: NewToken, actor=ACTOR) -> str:
    with pytest.raises(TollwayError) as caught:
        plane.tokens.issue(new, actor)
    return str(caught.value.faults)


@given(st.lists(st.builds(LifetimeRule, st.just("team"), st.just("t"), *[st.none() | st.integers(60, 10**9)] * 3)))
def test_the_shortest_of_all_rules_counts(rules: list[LifetimeRule]) -> None:
    found = combine(rules)
    assert found.max_seconds == min((r.max_seconds for r in rules if r.max_seconds is not None), default=None)
    assert found.idle_seconds == min((r.idle_seconds for r in rules if r.idle_seconds is not None), default=None)
    assert found.max_seconds is None or found.default_seconds <= found.max_seconds


def test_without_rules_a_token_may_live_for_ever(plane: ControlPlane) -> None:
    assert NoLifetimes().find(team_id=None, role="").max_seconds is None
    assert plane.tokens.issue(NewToken("a", expires_ns=None), ACTOR).token.expires_ns is None
    assert combine(()).default_seconds == DEFAULT_SECONDS


def test_a_rule_sets_the_default_and_the_longest_life(plane: ControlPlane) -> None:
    set_rule(plane, default_seconds=5 * DAY, max_seconds=10 * DAY, idle_seconds=DAY)
    now = plane.clock.now_ns()
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    assert token.expires_ns is not None
    assert (token.expires_ns - now) // DAY_NS == 5
    assert token.idle_seconds == DAY
    for beyond in (None, now + 11 * DAY_NS):
        assert "/expires_at" in faults_of(plane, NewToken("b", expires_ns=beyond))
    for beyond in (None, DAY + 1):
        assert "/idle_seconds" in faults_of(plane, NewToken("b", idle_seconds=beyond))


def test_rules_of_the_team_and_of_the_role_count_as_well(plane: ControlPlane) -> None:
    owner = plane.applications.create(NewApplication("crm"), ACTOR)
    set_rule(plane, "team", owner.team_id, max_seconds=3 * DAY)
    set_rule(plane, "role", "member", max_seconds=2 * DAY)
    asked = plane.clock.now_ns() + 4 * DAY_NS
    assert "3 days" in faults_of(plane, NewToken("a", application_id=owner.id, expires_ns=asked))
    assert "2 days" in faults_of(plane, NewToken("a", expires_ns=asked), replace(ACTOR, role="member"))
    plane.tokens.issue(NewToken("a", expires_ns=asked), ACTOR)


def test_r43_no_renewal_and_no_rotation_raises_the_longest_life(plane: ControlPlane) -> None:
    """Also not by who is under no rule, nor after the rule is gone, nor by any number of new secrets."""
    set_rule(plane, "role", "member", max_seconds=2 * DAY)
    member = replace(ACTOR, role="member")
    token = plane.tokens.issue(NewToken("a"), member).token
    last = token.created_ns + 2 * DAY_NS
    plane.lifetimes.remove("role", "member", ACTOR)
    for _ in range(3):
        plane.clock.advance(DAY // 4)
        plane.token_desk.secrets.rotate(token.id, ACTOR, overlap_seconds=0)
        for beyond in (None, last + 10**9):
            with pytest.raises(TollwayError) as caught:
                plane.tokens.change(token.id, TokenChange(expires_ns=beyond), ACTOR)
            assert "/expires_at" in str(caught.value.faults)
    assert plane.tokens.change(token.id, TokenChange(expires_ns=last), ACTOR).expires_ns == last // 10**9 * 10**9


def apply(plane: ControlPlane, fields: str) -> None:
    plane.configuration.apply(f"version: 1\ntokens: [{{name: a, {fields}}}]", ACTOR, dry_run=False)


def extend_in_bulk(plane: ControlPlane, beyond: int | None) -> None:
    job = plane.bulk.start(Wanted(), Act("extend", expires_ns=beyond), ACTOR)
    for _ in range(10):
        job = plane.bulk.step(job.id) if job.state == "running" else job
    assert job.state != "running"


def rotate_itself(plane: ControlPlane, secrets: list[str]) -> None:
    key = f"key {len(secrets)}"
    secrets.append(plane.rotations.own.rotate(secrets[-1], key, overlap_seconds=0).secret.reveal())


def rotate_by_policy(plane: ControlPlane, token_id: str, secrets: list[str]) -> None:
    policy = RotationPolicy("rot_x", "x", "active", "token", token_id, 10, 0, "link", None, 0, "a", 0, "a")
    with plane.database.write():
        assert plane.rotations.handovers.begin(plane.tokens.get(token_id), policy) is not None
    secrets.append(plane.rotations.handovers.collect_as(token_id, ACTOR).secret.reveal())


WAYS = ("expiry", "never", "edit", "plan", "apply", "bulk", "rotate", "self", "schedule", "link", "disable", "hold")


@pytest.mark.parametrize("ways", [WAYS, WAYS[::-1]], ids=["forwards", "backwards"])
@pytest.mark.parametrize("is_rule_gone", [False, True], ids=["rule", "rule-gone"])
def test_r43_no_way_of_changing_a_token_raises_its_longest_life(
    plane: ControlPlane, ways: tuple[str, ...], is_rule_gone: bool
) -> None:
    """Renewed, edited, given a plan, applied, changed in bulk, rotated by hand, by itself, a policy and a link."""
    set_rule(plane, max_seconds=30 * DAY)
    issued = plane.tokens.issue(NewToken("a", may_rotate=True), ACTOR)
    token_id, secrets = issued.token.id, [issued.secret.reveal()]
    last = issued.token.created_ns + 30 * DAY_NS
    if is_rule_gone:
        plane.lifetimes.remove("installation", "", ACTOR)
    desk, beyond = plane.token_desk, last + 10 * DAY_NS
    acts: dict[str, Callable[[], object]] = {
        "expiry": lambda: plane.tokens.change(token_id, TokenChange(expires_ns=beyond), ACTOR),
        "never": lambda: plane.tokens.change(token_id, TokenChange(expires_ns=None), ACTOR),
        "edit": lambda: plane.tokens.change(token_id, TokenChange(idle_seconds=None, may_rotate=True), ACTOR),
        "plan": lambda: plane.tokens.change(token_id, TokenChange(plan_id=None), ACTOR),
        "apply": lambda: apply(plane, "expires: never"),
        "bulk": lambda: extend_in_bulk(plane, beyond),
        "rotate": lambda: secrets.append(desk.secrets.rotate(token_id, ACTOR, overlap_seconds=0).secret.reveal()),
        "self": lambda: rotate_itself(plane, secrets),
        "schedule": lambda: rotate_by_policy(plane, token_id, secrets),
        "link": lambda: plane.rotations.links.make(links.Wanted(token_id), ACTOR),
        "disable": lambda: (plane.tokens.disable(token_id, ACTOR), plane.tokens.enable(token_id, ACTOR)),
        "hold": lambda: (desk.ends.quarantine(token_id, Hold(), ACTOR), desk.ends.release(token_id, ACTOR)),
    }
    for way in ways:
        with contextlib.suppress(TollwayError):  # refused is as good as bounded
            acts[way]()
        now = plane.tokens.get(token_id)
        assert now.expires_ns is not None and now.expires_ns <= last
        assert now.life.expires_max_ns == last
        record = plane.policy.token(token_id)
        assert record.expires_ns is not None and record.expires_ns <= last


def test_a_later_rule_makes_renewal_shorter_and_leaves_what_is_as_it_is(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    set_rule(plane, max_seconds=DAY)
    assert plane.tokens.get(token.id).expires_ns == token.expires_ns
    plane.tokens.change(token.id, TokenChange(name="b"), ACTOR)
    with pytest.raises(TollwayError):
        plane.tokens.change(token.id, TokenChange(expires_ns=token.expires_ns), ACTOR)


@pytest.mark.parametrize(
    "rule",
    [
        LifetimeRule("installation", "x", max_seconds=DAY),
        LifetimeRule("team", "", max_seconds=DAY),
        replace(INSTALLATION, max_seconds=59),
        replace(INSTALLATION, default_seconds=2 * DAY, max_seconds=DAY),
        INSTALLATION,
    ],
    ids=["installation-with-id", "team-without-id", "too-short", "default-beyond", "says-nothing"],
)
def test_a_rule_that_makes_no_sense_is_refused(plane: ControlPlane, rule: LifetimeRule) -> None:
    with pytest.raises(TollwayError) as caught:
        plane.lifetimes.put(rule, ACTOR)
    assert caught.value.code.name == "management.invalid"


def test_rules_are_changed_by_version_and_removed(plane: ControlPlane) -> None:
    set_rule(plane, max_seconds=DAY)
    assert plane.lifetimes.put(replace(INSTALLATION, max_seconds=2 * DAY), ACTOR, expected_version=1).version == 2
    with pytest.raises(TollwayError) as caught:
        plane.lifetimes.put(replace(INSTALLATION, max_seconds=DAY), ACTOR, expected_version=1)
    assert caught.value.code.name == "management.precondition"
    plane.lifetimes.remove("installation", "", ACTOR)
    assert plane.lifetimes.all() == ()
    with pytest.raises(TollwayError) as caught:
        plane.lifetimes.remove("installation", "", ACTOR)
    assert caught.value.code.name == "management.not_found"


def test_a_token_begins_before_it_ends(plane: ControlPlane) -> None:
    later = plane.clock.now_ns() + 2 * DAY_NS
    assert "/not_before" in faults_of(plane, NewToken("a", not_before_ns=later, expires_ns=later - 1))
    token = plane.tokens.issue(NewToken("a", not_before_ns=later), ACTOR).token
    assert token.state_at(plane.clock.now_ns()) == "not_yet_valid"
    assert plane.policy.token(token.id).not_before_ns == later
