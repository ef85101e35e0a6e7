"""The control plane on SQLite and on PostgreSQL: the same answers, the same order, the same guarantees."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import LargeBinary, Table, create_engine, select, text, update

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.policy_store.writer import PolicyStoreWriter
from tollway.adapters.storage.config_rows import in_order, named_like
from tollway.adapters.storage.config_schema import applications, metadata, providers, services, teams, tokens
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate
from tollway.contract.policy import decode_snapshot, decode_token
from tollway.contract.rights import Rights
from tollway.control.access.model import Reach, Sight
from tollway.control.applications.model import ApplicationChange, NewApplication
from tollway.control.idempotency.model import Remembered
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.plans.model import NewPlan, Use
from tollway.control.services.model import NewService
from tollway.control.tokens.model import NewToken, TokenChange, TokenFilter
from tollway.control.upstreams.model import ConnectionChange, NewProvider, ProviderChange
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret


@pytest.fixture
def around(database, tmp_path: Path) -> Surroundings:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return Surroundings(writer, database("config", writer=False))


@pytest.fixture
def plane(around: Surroundings) -> ControlPlane:
    return ControlPlane(around).start()


def test_migrations_make_the_schema_that_the_stores_use(around: Surroundings) -> None:
    with around.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [
            difference
            for difference in compare_metadata(context, metadata)
            if not (difference[0] == "remove_table" and difference[1].name not in metadata.tables)
            and not (difference[0] == "remove_index" and difference[1].table.name not in metadata.tables)
        ]
    assert found == []


def test_plans_and_limits_of_levels_are_read_as_they_were_written(plane: ControlPlane) -> None:
    rules = LimitRules(budgets=(BudgetRule("month", 5, "month", zone="Asia/Tokyo", models=("a*",)),))
    plan = plane.plans.create(NewPlan("Größe", "x", Rights(scopes=("embed",)), rules), ACTOR)
    application = plane.applications.create(NewApplication("shop", plan_id=plan.id), ACTOR)
    tokens = [plane.tokens.issue(NewToken(name, plan_id=plan.id), ACTOR).token for name in ("a", "b")]
    assert plane.plans.find_named("GRÖSSE") == plane.plans.get(plan.id) == plan
    assert plane.plan_store.all() == plane.plans.page().items == (plan,)
    assert plane.plan_store.count_use(plan.id, at_most=1) == Use(1, 1)
    assert plane.applications.get(application.id).plan_name == plane.tokens.get(tokens[0].id).plan_name == "Größe"
    assert {token.id for token in plane.tokens.page(TokenFilter(plan_id=plan.id)).items} == {one.id for one in tokens}
    given = plane.limit_owners.change("team", "team_default", rules, ACTOR)
    assert plane.limit_owners.get("team", "team_default") == given
    assert [item.limits for item in plane.level_store.all()] == [given.limits]


def test_what_was_committed_is_counted_and_what_was_not_is_not(plane: ControlPlane) -> None:
    before = plane.database.commits()
    plane.applications.create(NewApplication("one"), ACTOR)
    assert plane.database.commits() == before + 1
    with pytest.raises(TollwayError):
        plane.applications.create(NewApplication("one"), ACTOR)
    plane.applications.find_named("one")
    assert plane.database.commits() == before + 1


def test_tokens_are_found_by_team_and_expiry(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    application = plane.applications.create(NewApplication("shop", team.id), ACTOR)
    base = plane.clock.now_ns() + 10**12
    ids = []
    for n in range(3):
        ids.append(plane.tokens.issue(NewToken(f"t{n}", expires_ns=base + n * 10**9), ACTOR).token.id)
        plane.clock.advance(1)
    ours = plane.tokens.issue(NewToken("ours", application.id, expires_ns=None), ACTOR).token.id

    def found(wanted: TokenFilter) -> list[str]:
        return [token.id for token in plane.tokens.page(wanted).items]

    assert found(TokenFilter(team_id=team.id)) == [ours]
    assert found(TokenFilter(team_id="team_none")) == []
    assert found(TokenFilter(expires_from_ns=base + 10**9, sort="oldest")) == ids[1:]
    assert found(TokenFilter(expires_before_ns=base + 10**9)) == ids[:1]
    assert found(TokenFilter(expires_from_ns=base, expires_before_ns=base + 2 * 10**9, sort="oldest")) == ids[:2]


def test_every_domain_is_read_as_it_was_written(plane: ControlPlane) -> None:
    team = plane.teams.create("Größe", ACTOR)
    application = plane.applications.create(NewApplication("shop", team.id), ACTOR)
    new = NewProvider("p", "openai", credentials=(Secret("sk-a-very-long-key"), Secret("env:KEY")))
    provider = plane.providers.create(new, ACTOR)
    service = plane.services.create(NewService("s", "/s", ConnectionChange("http://10.0.0.1"), Secret("abcdef")), ACTOR)
    token = plane.tokens.issue(NewToken("t", application.id, ("m",), (service.id,)), ACTOR).token
    assert plane.teams.find_named("GRÖSSE") == plane.teams.get(team.id) == team
    assert plane.applications.find_named("SHOP") == plane.applications.get(application.id) == application
    assert plane.providers.find_named("p") == plane.providers.get(provider.id) == provider
    assert plane.services.find_named("S") == plane.services.get(service.id) == service
    assert plane.tokens.find_named("T") == plane.tokens.get(token.id) == token
    assert set(plane.teams.page().items) == {team, plane.teams.get("team_default")}
    assert plane.providers.page().items == plane.provider_store.all() == (provider,)
    assert plane.services.page().items == plane.service_store.all() == (service,)
    assert plane.applications.page(team_id=team.id).items == (application,)
    assert list(plane.token_store.iterate()) == [(token,)]


def test_pages_are_in_order_on_both(plane: ControlPlane) -> None:
    issued = [plane.tokens.issue(NewToken(f"t{number}"), ACTOR).token for number in range(7)]
    seen, after = [], None
    while True:
        page = plane.tokens.page(after=after, limit=3)
        seen += page.items
        after = page.next
        if after is None:
            break
    assert seen == sorted(issued, key=lambda token: (token.created_ns, token.id), reverse=True)
    assert [len(batch) for batch in plane.token_store.iterate(batch=3)] == [3, 3, 1]


@pytest.mark.parametrize("search", ["%", "_", "\\", "a%", "'", "tws_%"])
def test_r17_search_has_no_wildcards(plane: ControlPlane, search: str) -> None:
    plane.tokens.issue(NewToken("a_b%c"), ACTOR)
    assert plane.tokens.page(TokenFilter(search=search)).items == ()
    assert len(plane.tokens.page(TokenFilter(search="A_B%")).items) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        TokenFilter(search="t"),
        TokenFilter(state="expired"),
        TokenFilter(search="tws_0"),
        TokenFilter(state="active"),
        TokenFilter(state="active", search="u"),
        TokenFilter(state="active", sort="oldest"),
        TokenFilter(state="not_yet_valid"),
    ],
    ids=repr,
)
def test_many_matches_are_found_as_few_are(plane: ControlPlane, wanted: TokenFilter, monkeypatch) -> None:
    for number in range(6):
        at = plane.clock.now_ns() + (1 + number % 2) * 10**9
        plane.tokens.issue(NewToken(f"{'tu'[number % 2]}{number}", expires_ns=at), ACTOR)
    for name, starts in {"u": None, "t": plane.clock.now_ns() + 10**12}.items():
        plane.tokens.issue(NewToken(name, expires_ns=None, not_before_ns=starts), ACTOR)
    off = plane.tokens.issue(NewToken("u"), ACTOR).token
    plane.tokens.disable(off.id, ACTOR)
    plane.clock.advance(1)
    few = plane.tokens.page(wanted, limit=2)
    assert few.items or wanted.search == "tws_0"
    assert off.id not in {token.id for token in few.items} or wanted.state is None
    monkeypatch.setattr("tollway.adapters.storage.tokens._MANY", 0)
    assert plane.tokens.page(wanted, limit=2) == few


def test_lists_of_the_named_are_searched_by_the_beginning_of_a_name(plane: ControlPlane) -> None:
    for number, name in enumerate(("Größe", "GRÖSSER Kurs", "a_b%c", "small")):
        plane.teams.create(name, ACTOR)
        plane.applications.create(NewApplication(name), ACTOR)
        plane.providers.create(NewProvider(f"{'ab'[number % 2]}-{number}", "openai"), ACTOR)
        plane.services.create(NewService(name, f"/s{number}", ConnectionChange("http://10.0.0.1")), ACTOR)
        plane.clock.advance(1)
    assert [one.name for one in plane.providers.page(search="A-").items] == ["a-2", "a-0"]
    for pages in (plane.teams.page, plane.applications.page, plane.services.page):
        first = pages(search="grösse", limit=1)
        assert [one.name for one in first.items] == ["GRÖSSER Kurs"], "case and letters that are the same are ignored"
        assert [one.name for one in pages(search="grösse", limit=1, after=first.next).items] == ["Größe"]
        assert [one.name for one in pages(search="a_b%").items] == ["a_b%c"]
        assert pages(search="%").items == pages(search="_").items == pages(search="mall").items == ()
        assert {one.name for one in pages(search="").items} == {one.name for one in pages().items}


@pytest.mark.parametrize("table", [teams, applications, providers, services], ids=lambda table: table.name)
def test_r17_a_search_of_names_is_a_range_of_their_index(table: Table) -> None:
    """On SQLite, which says how; PostgreSQL reads a table of a few rows whole, whatever its indexes."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    query = named_like(in_order(select(table.c.id), table), table, "shop").limit(50)
    written = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
    assert any("(name_key>? AND name_key<?)" in step for step in plan), plan
    engine.dispose()


def test_names_are_unique_whatever_their_case(plane: ControlPlane) -> None:
    plane.applications.create(NewApplication("Shop"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.applications.create(NewApplication("sHOP"), ACTOR)


def test_r23_deleted_name_is_free_and_its_id_is_not(plane: ControlPlane) -> None:
    first = plane.applications.create(NewApplication("shop"), ACTOR)
    plane.applications.delete(first.id, ACTOR)
    second = plane.applications.create(NewApplication("shop"), ACTOR)
    assert plane.applications.names([first.id, second.id]) == {first.id: "shop", second.id: "shop"}
    for create, delete in (
        (lambda: plane.providers.create(NewProvider("p", "openai"), ACTOR), plane.providers.delete),
        (
            lambda: plane.services.create(NewService("s", "/s", ConnectionChange("http://a")), ACTOR),
            plane.services.delete,
        ),
    ):
        one = create()
        delete(one.id, ACTOR)
        assert create().id != one.id


def test_transaction_is_whole(plane: ControlPlane) -> None:
    with pytest.raises(KeyError), plane.database.write():
        plane.tokens.issue(NewToken("a"), ACTOR)
        plane.teams.create("x", ACTOR)
        raise KeyError
    assert plane.tokens.page().items == ()
    assert plane.teams.find_named("x") is None
    assert plane.publication_store.dirty() == () or not plane.publisher.has_unpublished()
    plane.tokens.issue(NewToken("b"), ACTOR)
    assert len(plane.tokens.page().items) == 1


def test_writers_wait_for_each_other(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    threads = [
        threading.Thread(target=plane.tokens.change, args=(token.id, TokenChange(name=f"n{number}"), ACTOR))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert plane.tokens.get(token.id).version == 7


def test_a_writer_that_waits_too_long_is_told_so_and_changes_nothing(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.adapters.storage.config_database._LOCK_TIMEOUT_SECONDS", 0.01)
    told: list[str] = []

    def write() -> None:
        with pytest.raises(TollwayError, match=r"^management\.unavailable"):
            plane.teams.create("late", ACTOR)
        told.append("unavailable")

    with plane.database.write():
        other = threading.Thread(target=write)
        other.start()
        other.join(10)
    assert told == ["unavailable"] and plane.teams.find_named("late") is None
    assert plane.teams.create("late", ACTOR).name == "late"


def test_damaged_row_takes_no_other_along(plane: ControlPlane) -> None:
    good, bad = (plane.tokens.issue(NewToken(name), ACTOR).token for name in ("good", "bad"))
    with plane.database.write():
        plane.database.writing().execute(update(tokens).where(tokens.c.id == bad.id).values(limits="{"))
        plane.publisher.touch_token(bad.id)
    assert plane.tokens.page().items == (good,)
    with pytest.raises(TollwayError, match=r"^gateway\.record_damaged"):
        plane.tokens.get(bad.id)
    assert [problem.id for problem in plane.publisher.problems()] == [bad.id]
    with pytest.raises(ValueError, match="malformed"):
        plane.policy.token(bad.id)
    rebuilt = plane.publisher.rebuild()
    assert (rebuilt.tokens, len(rebuilt.problems)) == (2, 1)
    assert plane.policy.token(good.id).name == "good"


def test_moving_an_application_moves_its_tokens(plane: ControlPlane) -> None:
    team = plane.teams.create("other", ACTOR)
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    token = plane.tokens.issue(NewToken("t", application.id), ACTOR).token
    plane.applications.change(application.id, ApplicationChange(team_id=team.id), ACTOR)
    assert plane.policy.token(token.id).team_id == plane.policy.application(application.id).team_id == team.id


def test_a_value_that_no_database_stores_is_the_callers_fault(plane: ControlPlane) -> None:
    """Trying again later would not help, which is what `management.unavailable` says."""
    with pytest.raises(TollwayError) as refused:
        plane.tokens.page(TokenFilter(search="a\ud800"))
    assert (refused.value.code.name, refused.value.status) == ("management.invalid", 422)


def test_unreachable_database_is_unavailable_not_internal(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    around = Surroundings(*(open_engine(url, database="config", writer=writer) for writer in (True, False)))
    plane = ControlPlane(around)
    for act in (plane.tokens.count_live, lambda: plane.tokens.issue(NewToken("a"), ACTOR)):
        with pytest.raises(TollwayError, match=r"^management\.unavailable"):
            act()


def test_revocation_reaches_the_real_policy_store(around: Surroundings, tmp_path: Path) -> None:
    writer = PolicyStoreWriter(tmp_path / "policy")
    around.policy = writer  # type: ignore[assignment]
    plane = ControlPlane(around).start()
    token = plane.tokens.issue(NewToken("a"), ACTOR).token
    plane.tokens.revoke(token.id, ACTOR)
    raw = writer.find_token(token.id)
    assert raw is not None and decode_token(raw).state == "revoked"
    snapshot = writer.snapshot()
    assert snapshot is not None and decode_snapshot(snapshot).revision == plane.publication_store.revision()
    assert not ControlPlane(around).publisher.reconcile().was_rebuilt
    writer.close()


def test_no_secret_is_stored_in_clear(plane: ControlPlane) -> None:
    """Every column of every row, and every policy record, is searched for the canaries."""
    canaries = ["sk-canary-provider-key-0001", "canary-service-key-0002", "sk-canary-from-env-0003"]
    proxy = "http://user:canary-proxy-login-0004@proxy.example:3128"
    plane.references.values["env:CANARY"] = canaries[2]
    new = NewProvider("p", "openai", credentials=(Secret(canaries[0]), Secret("env:CANARY")))
    provider = plane.providers.create(new, ACTOR)
    reached = ConnectionChange("https://a.example", proxy_url=proxy)
    service = plane.services.create(NewService("s", "/s", reached, Secret(canaries[1])), ACTOR)
    assert plane.services.get(service.id).connection == service.connection, "the login is stored and read again"
    issued = plane.tokens.issue(NewToken("t"), ACTOR)
    canaries += ["canary-proxy-login-0004", issued.secret.reveal(), issued.secret.reveal()[16:59]]
    plane.providers.change(provider.id, ProviderChange(priority=5), ACTOR)
    answer = Remembered(b"hash", 201, (("x", "y"),), issued.secret.reveal().encode(), True, plane.clock.now_ns())
    plane.idempotency.begin("scope", "key", b"hash")
    plane.idempotency.finish("scope", "key", answer)
    stored = bytearray()
    with plane.around.reader.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                stored += repr(tuple(row)).encode()
                for column, value in zip(table.columns, row, strict=True):
                    stored += value if isinstance(column.type, LargeBinary) and value else b""
    stored += b"".join(plane.policy.records.values()) + (plane.policy.stored_snapshot or b"")
    stored += plane.configuration.export().encode() + repr(plane.providers.page()).encode() + repr(issued).encode()
    stored += repr(plane.services.page()).encode()
    for canary in canaries:
        assert canary.encode() not in stored
    keys = {key.id: key for record in plane.policy.read_snapshot().providers for key in record.keys}
    opened = {plane.keys.open(key.sealed, key.aad).decode() for key in keys.values()}
    assert opened == {canaries[0], canaries[2]}, "workers can open them"


def test_what_a_team_owns_is_seen_by_the_team_and_keeps_it_from_being_deleted(plane: ControlPlane) -> None:
    red, blue = (plane.teams.create(name, ACTOR).id for name in ("red", "blue"))
    made = {
        plane.providers: [plane.providers.create(NewProvider(name, "openai", team_id=team), ACTOR) for name, team in (
            ("of-red", red), ("of-blue", blue), ("of-nobody", None),
        )],
        plane.services: [plane.services.create(
            NewService(name, f"/{name}", ConnectionChange("http://10.0.0.1"), environment="test", team_id=team), ACTOR
        ) for name, team in (("of-red", red), ("of-blue", blue), ("of-nobody", None))],
    }  # fmt: skip
    sight = Sight(Reach.TEAM, "user_1", frozenset({red}))
    for domain, objects in made.items():
        assert domain.page(sight=sight).items == (objects[0],)
        assert domain.get(objects[0].id, sight).team_id == red
        for hidden in objects[1:]:
            with pytest.raises(TollwayError, match=r"management\.not_found"):
                domain.get(hidden.id, sight)
    assert {service.environment for service in plane.services.page().items} == {"test"}
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        plane.teams.delete(blue, ACTOR)
    for domain, objects in made.items():
        domain.delete(objects[1].id, ACTOR)
    plane.teams.delete(blue, ACTOR)
