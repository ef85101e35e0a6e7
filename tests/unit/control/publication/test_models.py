"""Which candidates a model name has, and in which order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kit.control import ListedPrices
from tollway.contract.policy import Candidate, ModelRecord
from tollway.control.publication.models import Offered, compile_models, expand_offers
from tollway.control.upstreams.model import Connection, ModelOffer, PriceOverride, Provider

PROVIDER = Provider(
    id="prov_1",
    name="openai",
    kind="openai",
    state="active",
    connection=Connection("https://api.example"),
    models=(ModelOffer("*"),),
    keys=(),
    priority=100,
    created_ns=5_000_000_000,
    created_by="",
    updated_ns=0,
    updated_by="",
)


def compiled(*providers: Provider) -> dict[str, ModelRecord]:
    prices = ListedPrices()
    records = compile_models(offer for provider in providers for offer in expand_offers(provider, prices))
    return {record.name: record for record in records}


def test_star_offers_what_the_price_list_knows_and_catch_alls() -> None:
    models = compiled(PROVIDER)
    assert list(models) == ["*", "gpt-4o", "gpt-4o-mini", "openai/*", "openai/gpt-4o", "openai/gpt-4o-mini"]
    assert models["gpt-4o"].candidates[0].prices
    assert models["openai/*"].candidates == (Candidate("prov_1", "*", price_book="openai"),)
    assert (models["gpt-4o"].created_seconds, models["gpt-4o"].owned_by) == (5, "openai")


def test_first_provider_of_all_models_gets_the_catch_all() -> None:
    other = replace(PROVIDER, id="prov_2", name="azure", priority=50)
    for second in (other, replace(other, priority=100)):
        (candidate,) = compiled(PROVIDER, second)["*"].candidates
        assert candidate.provider_id == "prov_2", "by priority, then by name"


def test_each_environment_has_a_catch_all_of_its_own() -> None:
    test = replace(PROVIDER, id="prov_2", name="trial", priority=50, environment="test")
    candidates = compiled(PROVIDER, test, replace(test, id="prov_3", name="later"))["*"].candidates
    assert [candidate.provider_id for candidate in candidates] == ["prov_3", "prov_1"]


def test_a_price_of_the_star_holds_for_every_name_it_serves() -> None:
    price = PriceOverride(input_usd_per_million="1")
    provider = replace(PROVIDER, models=(ModelOffer("*", price=price),))
    (candidate,) = compiled(provider)["*"].candidates
    assert candidate.price_book == "" and candidate.prices[0].price.source == "override"
    (unlisted,) = compiled(replace(PROVIDER, kind="openai-compatible"))["*"].candidates
    assert (unlisted.price_book, unlisted.prices) == ("", ())


def test_explicit_offer_beats_the_star() -> None:
    price = PriceOverride(input_usd_per_million="1")
    provider = replace(PROVIDER, models=(ModelOffer("*"), ModelOffer("gpt-4o", "gpt-4o-mini", 1, price)))
    candidate = compiled(provider)["gpt-4o"].candidates[0]
    assert candidate.upstream_model == "gpt-4o-mini"
    assert candidate.prices[0].price.source == "override"


def test_alias_has_the_price_of_what_it_stands_for() -> None:
    provider = replace(PROVIDER, models=(ModelOffer("fast", "gpt-4o-mini"), ModelOffer("unknown")))
    models = compiled(provider)
    assert models["fast"].candidates[0].prices[0].price.source == "listed"
    assert models["unknown"].candidates[0].prices == ()


def test_plain_name_wins_over_an_equal_qualified_one() -> None:
    router = replace(PROVIDER, id="prov_2", name="router", models=(ModelOffer("openai/gpt-4o"),))
    models = compiled(PROVIDER, router)
    assert models["openai/gpt-4o"].candidates[0].provider_id == "prov_2"
    assert "router/openai/gpt-4o" in models


_offered = st.builds(
    lambda name, priority, number: Offered(name, priority, f"p{number}", 0, Candidate(f"prov_{number}", name)),
    st.sampled_from(["a", "b", "p1/a"]),
    st.integers(0, 3),
    st.integers(0, 5),
)


@given(offered=st.lists(_offered, unique_by=lambda item: (item.name, item.provider_name)))
def test_candidates_are_ordered_by_priority_and_name_whatever_the_input(offered: list[Offered]) -> None:
    records = {record.name: record for record in compile_models(offered)}
    assert compile_models(reversed(offered)) == compile_models(offered)
    for name in {item.name for item in offered}:
        mine = sorted((item for item in offered if item.name == name), key=lambda i: (i.priority, i.provider_name))
        assert records[name].candidates == tuple(item.candidate for item in mine)
    for item in offered:
        assert f"{item.provider_name}/{item.name}" in records


def test_a_qualified_name_beats_what_only_a_star_brought_and_yields_to_what_is_listed() -> None:
    aggregator = replace(PROVIDER, id="prov_2", name="hub", kind="openrouter", models=(ModelOffer("*"),), priority=1)
    prices = ListedPrices({"openai": ("gpt-4o",), "openrouter": ("openai/gpt-4o",)})

    def serving(*providers: Provider) -> str:
        records = compile_models(offer for provider in providers for offer in expand_offers(provider, prices))
        return next(record for record in records if record.name == "openai/gpt-4o").candidates[0].provider_id

    assert serving(PROVIDER, aggregator) == "prov_1"
    assert serving(aggregator) == "prov_2"
    assert serving(PROVIDER, replace(aggregator, models=(ModelOffer("openai/gpt-4o"),))) == "prov_2"
