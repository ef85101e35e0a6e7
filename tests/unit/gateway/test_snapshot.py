"""A snapshot is compiled item by item: a bad one is left out alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kit.gateway_kit import Box, Rig, service
from tollway.adapters.sandbox_transport import build_any_destination
from tollway.contract.policy import (
    VERSION,
    Candidate,
    DatedPrice,
    ModelRecord,
    NamedPrice,
    NameRule,
    Price,
    PriceBook,
    ProviderRecord,
    SealedKey,
    Snapshot,
    UnitPrice,
    Upstream,
)
from tollway.gateway.snapshot import compile_snapshot

UP = Upstream("https://up.example/v1")


def compiled(providers=(), models=(), services=()):
    snapshot = Snapshot(VERSION, 1, 0, providers=tuple(providers), models=tuple(models), services=tuple(services))
    return compile_snapshot(snapshot, box=Box(), build_destination=build_any_destination)


def provider(name, kind="openai", key=b"sk", upstream=UP, state="active"):
    keys = (SealedKey("k", key, b""),) if key is not None else ()
    return ProviderRecord(name, name, kind, state, upstream, keys)


def test_bad_items_are_left_out_alone_and_named():
    result = compiled(
        [
            provider("good"), provider("odd-kind", kind="nope"), provider("no-key", key=None),
            provider("bad-url", upstream=Upstream("ftp://x")), provider("bad-key", key=b"a b\r\n"),
            provider("off", state="disabled"),
        ],
        [
            ModelRecord("m", (Candidate("good", "m"), Candidate("bad-url", "m"))),
            ModelRecord("gone", (Candidate("off", "m"),)),
        ],
        [service(), service(id="s", name="bad", path_prefix="/bad", upstream=Upstream("nope"))],
    )  # fmt: skip
    assert list(result.models) == ["m"] and len(result.models["m"].routes) == 1
    assert [item.record.name for item in result.services.values()] == ["weather"]
    assert [fault.split(":")[0] for fault in result.faults] == [
        "provider odd-kind", "provider no-key", "provider bad-url", "provider bad-key", "service bad",
    ]  # fmt: skip


def in_environment(name, environment):
    return structs.replace(provider(name), environment=environment)


@pytest.mark.parametrize("value", ["a\r\nx-role: admin", "a\r\nb", "a\nb", "a\rb", "a\0b", "a\r\nx-role: admin"])
def test_a_provider_whose_header_or_key_would_be_two_is_left_out(value: str):
    """A key comes from a file or the environment as it is; what a header cannot carry never becomes one."""
    by_header = structs.replace(provider("header"), headers=(("x-team", value),))
    result = compiled([by_header, provider("key", key=value.encode()), provider("good")])
    assert [fault.split(":")[0] for fault in result.faults] == ["provider header", "provider key"]
    assert list(result.providers) == ["good"]


def test_each_environment_sees_its_own_providers_and_those_of_both():
    result = compiled(
        [in_environment("live", "live"), in_environment("test", "test"), in_environment("both", None)],
        [
            ModelRecord("m", tuple(Candidate(name, name) for name in ("live", "test", "both")), owned_by="live"),
            ModelRecord("of-test", (Candidate("test", "x"),), owned_by="test"),
            ModelRecord("live/*", (Candidate("live", "*"),)),
            ModelRecord("gone", (Candidate("nobody", "x"),)),
        ],
    )
    names = {kind: [route.provider.name for route in view.models["m"].routes] for kind, view in views(result)}
    assert names == {"live": ["live", "both"], "test": ["test", "both"]}
    assert {kind: sorted(view.providers) for kind, view in views(result)} == {
        "live": ["both", "live"],
        "test": ["both", "test"],
    }
    # A test token is not told who would have served a live one.
    assert [view.models["m"].owned_by for _, view in views(result)] == ["live", "test"]
    asked = ("m", "of-test", "live/any", "gone", "never")
    assert {kind: [view.is_elsewhere(name) for name in asked] for kind, view in views(result)} == {
        "live": [False, True, False, False, False],
        "test": [False, False, True, False, False],
    }


def views(result):
    return [("live", result), ("test", result.test)]


def test_the_longest_prefix_wins_on_whole_segments():
    result = compiled(services=[service(), service(id="s2", name="deep", path_prefix="/weather/deep")])
    found = {path: result.find_service(path) for path in ("/weather", "/weather/x", "/weather/deep/y", "/weatherman")}
    assert [found[p].record.name for p in list(found)[:3]] == ["weather", "weather", "deep"]
    assert found["/weatherman"] is None


SEGMENTS = st.lists(st.sampled_from(["a", "b", "ab", ""]), min_size=1, max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)


@given(st.lists(SEGMENTS, max_size=8, unique=True), SEGMENTS)
def test_a_service_is_found_as_by_looking_at_every_prefix(prefixes: list[str], path: str):
    services = [service(id=prefix, name=prefix, path_prefix=prefix) for prefix in prefixes]
    fitting = [prefix for prefix in prefixes if path == prefix or path.startswith(prefix + "/")]
    found = compiled(services=services).find_service(path)
    assert (found.record.path_prefix if found else None) == max(fitting, key=len, default=None)


def test_a_path_of_many_segments_costs_no_more_look_ups_than_the_longest_prefix_has():
    result = compiled(services=[service()])
    looks = []

    class Counted(dict):
        def get(self, key, default=None):
            looks.append(key)
            return super().get(key, default)

    counted = structs.replace(result, services=Counted(result.services))
    assert counted.find_service("/a" * 4_000) is None
    assert counted.find_service("/weather" + "/a" * 4_000).record.name == "weather"
    assert len(looks) <= len("/weather")


def test_a_service_that_is_the_same_is_not_compiled_again_and_one_that_changed_is():
    same, changed = service(), service(id="s2", name="second", path_prefix="/second")
    before = compiled(services=[same, changed])
    snapshot = Snapshot(
        VERSION, 2, 0, providers=(), models=(),
        services=(service(), structs.replace(changed, upstream=Upstream("https://other.example"))),
    )  # fmt: skip
    after = compile_snapshot(snapshot, box=Box(), build_destination=build_any_destination, before=before)
    assert after.services["/weather"] is before.services["/weather"]
    assert after.services["/second"].destination.host == "other.example"


def test_a_damaged_snapshot_keeps_the_last_good_one():
    rig = Rig()
    good = rig.gateway.compiled(rig.policy)
    rig.policy.revision, rig.policy.raw = 9, b"\xc1"
    assert rig.gateway.compiled(rig.policy) is good
    rig.policy.raw = None
    rig.policy.revision = 10
    assert rig.gateway.compiled(rig.policy) is good


def test_a_catch_all_of_everything_serves_any_name():
    result = compiled([provider("good")], [ModelRecord("*", (Candidate("good", "*"),))])
    assert result.find_model("any/model").routes[0].upstream_model == "any/model"
    assert compiled().find_model("any") is None


def test_names_under_a_catch_all_have_the_price_of_their_list_or_the_catch_alls_own():
    listed = NamedPrice(NameRule("starts_with", "gpt-4o"), (DatedPrice(None, Price("list", input=UnitPrice(1))),))
    own = (DatedPrice(None, Price("own", input=UnitPrice(2))),)
    records = [
        ModelRecord("*", (Candidate("good", "*", price_book="openai"), Candidate("other", "*", own))),
        ModelRecord("good/*", (Candidate("good", "*", price_book="openai"),)),
    ]
    snapshot = Snapshot(
        VERSION,
        1,
        0,
        providers=(provider("good"), provider("other")),
        models=tuple(records),
        price_books=(PriceBook("openai", {"": (listed,)}),),
    )
    result = compile_snapshot(snapshot, box=Box(), build_destination=build_any_destination)
    found = {
        name: [route.tariffs.at(0).price.source if route.tariffs.at(0) else None for route in model.routes]
        for name in ("gpt-4o-2024-08-06", "unknown", "good/gpt-4o-mini")
        if (model := result.find_model(name))
    }
    assert found == {"gpt-4o-2024-08-06": ["list", "own"], "unknown": [None, "own"], "good/gpt-4o-mini": ["list"]}


def test_the_login_of_a_proxy_is_unsealed_into_its_url_and_nowhere_else():
    login = SealedKey("key_1", b"us@er:pass/word", b"")
    upstream = Upstream("https://up.example", proxy_url="http://proxy.example:3128", proxy_key=login)
    result = compiled([provider("good", upstream=upstream)], [ModelRecord("m", (Candidate("good", "m"),))])
    destination = result.models["m"].routes[0].provider.destination
    assert destination.proxy_url == "http://us%40er:pass%2Fword@proxy.example:3128"
    direct = compiled([provider("good")], [ModelRecord("m", (Candidate("good", "m"),))])
    assert direct.models["m"].routes[0].provider.destination.proxy_url is None
