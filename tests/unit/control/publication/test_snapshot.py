"""What a snapshot holds, and how one bad object is left out alone."""

from sqlalchemy import update

from kit.control import ACTOR, ControlPlane
from tollway.adapters.storage.config_schema import providers, services
from tollway.contract.policy import Timeouts
from tollway.control.publication.model import Options
from tollway.control.services.model import NewService
from tollway.control.upstreams.model import ConnectionChange, NewProvider, ProviderChange
from tollway.kernel.secret import Secret


def test_sandbox_is_part_of_every_snapshot_by_setting(plane: ControlPlane) -> None:
    snapshot = plane.policy.read_snapshot()
    assert [provider.name for provider in snapshot.providers] == ["sandbox"]
    names = {model.name: model for model in snapshot.models}
    assert {"sandbox-small", "sandbox-large", "sandbox-embedding", "sandbox/sandbox-small"} <= names.keys()
    price = names["sandbox-small"].candidates[0].prices[0].price
    assert price.input is not None and price.input.attos == 150_000_000_000
    plane.publisher.reconfigure(Options(sandbox=False, cors_origins=("https://a.example",)))
    snapshot = plane.policy.read_snapshot()
    assert snapshot.providers == snapshot.models == ()
    assert snapshot.cors_origins == ("https://a.example",)


def test_a_catch_all_brings_its_vendors_price_list_once(plane: ControlPlane) -> None:
    for name in ("one", "two"):
        plane.providers.create(NewProvider(name, "openai", credentials=(Secret("sk-x"),)), ACTOR)
    (book,) = plane.policy.read_snapshot().price_books
    assert book.id == "openai" and len(book.lists[""]) == 2


def test_missing_reference_takes_one_provider_out_and_is_reported(plane: ControlPlane) -> None:
    plane.providers.create(NewProvider("good", "openai", credentials=(Secret("sk-x"),)), ACTOR)
    bad = plane.providers.create(NewProvider("bad", "openai", credentials=(Secret("env:GONE"),)), ACTOR)
    states = {provider.name: provider.state for provider in plane.policy.read_snapshot().providers}
    assert states == {"bad": "disabled", "good": "active", "sandbox": "active"}
    problem = plane.publisher.problems()[0]
    assert (problem.kind, problem.id, problem.detail) == ("provider", bad.id, "env:GONE is not set")
    plane.references.values["env:GONE"] = "sk-here-now"
    plane.publisher.reconfigure(Options())
    assert plane.publisher.problems() == ()
    record = next(provider for provider in plane.policy.read_snapshot().providers if provider.name == "bad")
    assert record.state == "active"
    assert plane.keys.open(record.keys[0].sealed, record.keys[0].aad) == b"sk-here-now"


def test_one_good_key_of_several_is_enough(plane: ControlPlane) -> None:
    new = NewProvider("p", "openai", credentials=(Secret("env:GONE"), Secret("sk-stored-key")))
    plane.providers.create(new, ACTOR)
    record = plane.policy.read_snapshot().providers[0]
    assert (record.state, len(record.keys), len(plane.publisher.problems())) == ("active", 1, 1)


def test_upstream_without_its_ca_is_left_out(plane: ControlPlane) -> None:
    provider = plane.providers.create(NewProvider("p", "openai", ca_file="/ca.pem"), ACTOR)
    assert [record.name for record in plane.policy.read_snapshot().providers] == ["sandbox"]
    plane.references.certificates["/ca.pem"] = "PEM"
    plane.providers.change(provider.id, ProviderChange(priority=1), ACTOR)
    assert plane.policy.read_snapshot().providers[0].upstream.ca_pem == "PEM"


def test_upstreams_take_the_deadlines_of_the_settings_but_for_those_they_state(plane: ControlPlane) -> None:
    own = Timeouts(connect_seconds=1.0)
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(Secret("sk"),), timeouts=own), ACTOR)
    plane.publisher.reconfigure(Options(timeouts=Timeouts(9.0, 90.0, 30.0, 300.0)))
    record = next(record for record in plane.policy.read_snapshot().providers if record.id == provider.id)
    assert record.upstream.timeouts == Timeouts(1.0, 90.0, 30.0, 300.0)


def test_service_without_its_key_is_left_out(plane: ControlPlane) -> None:
    plane.services.create(NewService("s", "/s", ConnectionChange("https://a.example"), Secret("file:/none")), ACTOR)
    assert plane.policy.read_snapshot().services == ()
    assert plane.publisher.problems()[0].kind == "service"


def test_services_are_published_longest_prefix_first(plane: ControlPlane) -> None:
    for name, prefix in (("a", "/x"), ("b", "/x/y/z"), ("c", "/x/y")):
        plane.services.create(NewService(name, prefix, ConnectionChange("https://a.example")), ACTOR)
    assert [record.path_prefix for record in plane.policy.read_snapshot().services] == ["/x/y/z", "/x/y", "/x"]


def test_the_login_of_a_proxy_is_published_sealed_and_without_it_the_upstream_is_left_out(plane: ControlPlane) -> None:
    url = "http://proxy.example:3128"
    stored = NewProvider("stored", "ollama", "http://a.example", proxy_url="http://user:hunter2@proxy.example:3128")
    plane.providers.create(stored, ACTOR)
    named = Secret("env:LOGIN")
    plane.providers.create(
        NewProvider("named", "ollama", "http://a.example", proxy_url=url, proxy_credential=named), ACTOR
    )
    (record,) = (each for each in plane.policy.read_snapshot().providers if each.name != "sandbox")
    key = record.upstream.proxy_key
    assert record.upstream.proxy_url == url and key is not None
    assert plane.keys.open(key.sealed, key.aad) == b"user:hunter2"
    assert [problem.detail for problem in plane.publisher.problems()] == ["env:LOGIN is not set"]
    assert b"hunter2" not in (plane.policy.stored_snapshot or b"")


def test_a_damaged_row_is_left_out_alone_and_reported(plane: ControlPlane) -> None:
    plane.providers.create(NewProvider("good", "openai", credentials=(Secret("sk-x"),)), ACTOR)
    plane.providers.create(NewProvider("bad", "openai", credentials=(Secret("sk-x"),)), ACTOR)
    for name in ("maps", "weather"):
        plane.services.create(NewService(name, f"/{name}", ConnectionChange(base_url=f"https://{name}.example")), ACTOR)
    with plane.database.write():
        connection = plane.database.writing()
        connection.execute(update(providers).where(providers.c.name == "bad").values(connection="{"))
        connection.execute(update(services).where(services.c.name == "maps").values(behaviour="{"))
    plane.publisher.reconcile()
    snapshot = plane.policy.read_snapshot()
    assert [provider.name for provider in snapshot.providers] == ["good", "sandbox"]
    assert [service.name for service in snapshot.services] == ["weather"]
    assert [(problem.kind, problem.name) for problem in plane.publisher.problems()] == [
        ("provider", "bad"),
        ("service", "maps"),
    ]
    assert not plane.publisher.has_model("of a provider that cannot be read")
