"""What is stored of the life of tokens, on both databases; and that many schedulers rotate once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.life import SQLEpochStore, SQLLifetimeStore
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.rotations import SQLHandoverStore, SQLSelfRotationStore
from tollway.contract.life import Epoch
from tollway.control.applications.model import NewApplication
from tollway.control.rotations.model import Handover, NewRotationPolicy, RotationPolicyChange
from tollway.control.tokens.ends import Hold, WideEnd
from tollway.control.tokens.model import LifetimeRule, NewToken, TokenFilter
from tollway.kernel.errors import TollwayError

DAY = 86_400
SCHEDULERS = 8
WAITING = Handover("AAAAAAAAAAAA", "t", 2, None, "waiting", b"m", 1, b"sealed", 60, None, 5, 9)


@pytest.fixture
def plane(database: Callable[..., sqlalchemy.Engine], tmp_path) -> ControlPlane:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    plane = ControlPlane(Surroundings(writer, database("config", writer=False)))
    plane.teams.ensure_default()
    return plane


def test_eight_schedulers_rotate_each_token_once(plane: ControlPlane) -> None:
    """Each has a database of its own, as each console has; only the database's lock is between them."""
    tokens = [plane.tokens.issue(NewToken(f"t{number}"), ACTOR).token for number in range(3)]
    plane.rotations.policies.create(NewRotationPolicy("all", "installation", 10 * DAY), ACTOR)
    plane.clock.advance(10 * DAY)
    planes = [ControlPlane(plane.around) for _ in range(SCHEDULERS)]
    with ThreadPoolExecutor(SCHEDULERS) as pool:
        begun = list(pool.map(lambda each: each.rotations.scheduler.look(), planes))
    assert sum(begun) == len(tokens)
    assert {plane.tokens.get(token.id).life.generation for token in tokens} == {2}


def test_a_handover_survives_and_a_second_of_the_same_secret_is_refused(plane: ControlPlane) -> None:
    store = SQLHandoverStore(plane.database)
    with plane.database.write():
        store.add(WAITING)
    assert store.find(WAITING.id) == store.last_of("t") == WAITING
    with pytest.raises(TollwayError) as caught, plane.database.write():
        store.add(replace(WAITING, id="BBBBBBBBBBBB"))
    assert caught.value.code.name == "management.conflict"
    over = replace(WAITING, state="failed", sealed=None, ended_ns=7, detail="late")
    with plane.database.write():
        store.put(over)
    assert (store.waiting(), store.find(WAITING.id)) == ((), over)
    with plane.database.write():
        assert (store.purge(before_ns=7, limit=9), store.purge(before_ns=8, limit=9)) == (0, 1)


def test_what_waits_is_listed_by_when_it_is_over(plane: ControlPlane) -> None:
    store = SQLHandoverStore(plane.database)
    with plane.database.write():
        for number, expires in enumerate((30, 10, 20)):
            store.add(replace(WAITING, id=f"{number}" * 12, generation=number, expires_ns=expires))
    assert [each.expires_ns for each in store.waiting()] == [10, 20, 30]
    last = store.last_of("t")
    assert last is not None
    assert last.generation == 2


def test_policies_keep_what_they_are_and_find_their_tokens(plane: ControlPlane) -> None:
    policies = plane.rotations.policies
    owner = plane.applications.create(NewApplication("crm"), ACTOR)
    mine = [plane.tokens.issue(NewToken(f"t{n}", application_id=owner.id), ACTOR).token.id for n in range(3)]
    other = plane.tokens.issue(NewToken("other"), ACTOR).token.id
    made = {
        scope: policies.create(NewRotationPolicy(scope, scope, DAY, scope_id), ACTOR)
        for scope, scope_id in (
            ("installation", ""),
            ("team", owner.team_id),
            ("application", owner.id),
            ("token", other),
        )
    }
    store = plane.rotations.scheduler._parts.policies
    now = plane.clock.now_ns()

    def found(scope: str, **options: object) -> set[str]:
        wanted = {"issued_before_ns": now, "after_id": "", "limit": 10, **options}
        return {token.id for token in store.candidates(made[scope], **wanted)}

    assert found("installation") == {*mine, other}
    assert found("team") == found("application") == set(mine)
    assert found("token") == {other}
    assert found("installation", issued_before_ns=now - 1) == set()
    assert len(found("application", limit=2)) == 2
    assert found("application", after_id=max(mine)) == set()
    plane.token_desk.ends.quarantine(mine[0], Hold(), ACTOR)
    assert found("application") == set(mine[1:])
    changed = policies.change(made["team"].id, RotationPolicyChange(name="Teams", state="disabled"), ACTOR)
    assert store.find(changed.id) == store.find_named("teams") == changed
    assert [policy.name for policy in store.all()] == ["application", "installation", "Teams", "token"]


def test_rules_and_epochs_survive_and_an_epoch_never_moves_back(plane: ControlPlane) -> None:
    rules, epochs = SQLLifetimeStore(plane.database), SQLEpochStore(plane.database)
    rule = LifetimeRule("team", "team_1", None, 60, None, 5, "user:ada", 3)
    with plane.database.write():
        rules.put(rule)
        rules.put(replace(rule, max_seconds=90))
        for before in (5, 9, 7):
            epochs.put(Epoch("team", "team_1", before), now_ns=1, by="user:ada")
    assert rules.find("team", "team_1") == replace(rule, max_seconds=90)
    assert len(rules.all()) == 1
    assert epochs.all() == (Epoch("team", "team_1", 9),)
    with plane.database.write():
        assert (rules.remove("team", "team_1"), rules.remove("team", "team_1")) == (True, False)


def test_everything_of_a_team_is_found_and_ended(plane: ControlPlane) -> None:
    owner = plane.applications.create(NewApplication("crm"), ACTOR)
    plane.tokens.issue(NewToken("a", application_id=owner.id), ACTOR)
    other = plane.tokens.issue(NewToken("b"), ACTOR).token.id
    assert plane.token_desk.ends.end_all(WideEnd("team", owner.team_id), ACTOR) == 1
    assert plane.tokens.get(other).state == "active"


def test_tokens_are_listed_by_every_state(plane: ControlPlane) -> None:
    later = plane.clock.now_ns() + DAY * 10**9
    names = {
        "active": NewToken("active"),
        "quarantined": NewToken("quarantined"),
        "not_yet_valid": NewToken("not_yet_valid", not_before_ns=later),
    }
    ids = {state: plane.tokens.issue(new, ACTOR).token.id for state, new in names.items()}
    plane.token_desk.ends.quarantine(ids["quarantined"], Hold(), ACTOR)
    for state, token_id in ids.items():
        (token,) = plane.tokens.page(TokenFilter(state=state)).items  # type: ignore[arg-type]  # a literal
        assert token.id == token_id
        assert token.state_at(plane.clock.now_ns()) == state


def test_only_tokens_with_an_idle_time_are_looked_at(plane: ControlPlane) -> None:
    ids = sorted(plane.tokens.issue(NewToken(f"t{n}", idle_seconds=DAY), ACTOR).token.id for n in range(3))
    plane.tokens.issue(NewToken("other"), ACTOR)
    found = plane.token_store.with_idle_time(after_id="", limit=2)
    assert [token.id for token in found] == ids[:2]
    assert [token.id for token in plane.token_store.with_idle_time(after_id=ids[1], limit=2)] == ids[2:]


def test_an_answer_to_a_token_is_kept_by_its_key_and_forgotten(plane: ControlPlane) -> None:
    store = SQLSelfRotationStore(plane.database)
    with plane.database.write():
        store.add("t", b"k1", sealed=b"a", generation=2, created_ns=5)
        store.add("t", b"k1", sealed=b"b", generation=3, created_ns=6)
        store.add("t", b"k2", sealed=b"c", generation=4, created_ns=9)
    assert (store.find("t", b"k1"), store.find("u", b"k1")) == ((b"b", 3, 6), None)
    with plane.database.write():
        store.forget(before_ns=9)
    assert (store.find("t", b"k1"), store.find("t", b"k2")) == (None, (b"c", 4, 9))


def test_what_failed_is_found_until_a_later_one_of_its_token_followed(plane: ControlPlane) -> None:
    store = SQLHandoverStore(plane.database)

    def add(number: int, token_id: str, generation: int, state: str, ended_ns: int | None) -> None:
        id_ = str(number) * 12
        store.add(replace(WAITING, id=id_, token_id=token_id, generation=generation, state=state, ended_ns=ended_ns))

    with plane.database.write():
        add(1, "a", 2, "failed", 20)
        add(2, "b", 2, "failed", 10)
        add(3, "b", 3, "failed", 30)
        add(4, "c", 2, "failed", 40)
        add(5, "c", 3, "collected", 50)
        add(6, "d", 2, "failed", 60)
        add(7, "d", 3, "waiting", None)
    assert [each.token_id for each in store.failed(limit=9)] == ["b", "a"]
    assert [each.generation for each in store.failed(limit=1)] == [3]
