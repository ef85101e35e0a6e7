"""Every compiled price equals the package's own calculation to the nano-dollar."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN
from itertools import cycle, islice
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tollway.adapters.prices import GenaiPriceList
from tollway.adapters.prices.genai import HUGGINGFACE, PROVIDERS
from tollway.adapters.prices.models import UNITS
from tollway.contract.policy import PriceBook
from tollway.contract.usage import Usage
from tollway.policy.price import price_at, price_usage, unpriced
from tollway.policy.price_book import PricesByName

PRICES = GenaiPriceList()
USAGES = (
    Usage(input_tokens=1_234, output_tokens=567),
    Usage(input_tokens=90_001, output_tokens=11, cached_input_tokens=77_777),
    Usage(input_tokens=150_000, output_tokens=2_000, cached_input_tokens=3, cache_write_tokens=1_001),
    Usage(input_tokens=250_000, output_tokens=20, cache_write_tokens=9_001, cache_write_1h_tokens=5_003),
    Usage(input_tokens=300_000, output_tokens=999, reasoning_tokens=800, cached_input_tokens=100_000),
    Usage(input_tokens=5_000, output_tokens=700, input_audio_tokens=4_001, output_audio_tokens=650),
    Usage(5_000, 7, cached_input_tokens=901, input_audio_tokens=4_001, cached_audio_tokens=801),
    Usage(5_000, 900, input_image_tokens=3_001, cached_input_tokens=900, cached_image_tokens=700),
    Usage(5_000, 900, input_image_tokens=301, input_video_tokens=3_001, output_image_tokens=111),
    Usage(10, 900, output_video_tokens=777),
    Usage(input_tokens=100, output_tokens=100, web_searches=3),
    Usage(input_tokens=100, output_tokens=100, file_searches=2),
    Usage(input_tokens=100, output_tokens=100, code_executions=2),
    Usage(input_tokens=0, output_tokens=0),
)
INSTANTS = (
    datetime(2023, 1, 1, tzinfo=UTC),
    datetime(2025, 3, 1, 0, 29, 59, tzinfo=UTC),
    datetime(2026, 7, 31, 7, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
)
CONTEXTS = {
    "": None,
    "batch": {"processing": "batch"},
    "priority": {"service_tier": "priority"},
    "flex": {"service_tier": "flex"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
RECORDINGS = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "recordings"
KINDS_OF_RECORDINGS = {"google": "gemini"}


def theirs(model, provider, usage, at):
    """Return the price by the package itself, in nano-USD."""
    import genai_prices

    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cached_input_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "input_audio_tokens": usage.input_audio_tokens,
        "cache_audio_read_tokens": usage.cached_audio_tokens,
        "input_image_tokens": usage.input_image_tokens,
        "cache_image_read_tokens": usage.cached_image_tokens,
        "input_video_tokens": usage.input_video_tokens,
        "output_audio_tokens": usage.output_audio_tokens,
        "output_image_tokens": usage.output_image_tokens,
        "output_video_tokens": usage.output_video_tokens,
        "output_reasoning_tokens": usage.reasoning_tokens,
        "web_searches": usage.web_searches,
        "storage_searches": usage.file_searches,
        "code_executions": usage.code_executions,
    }
    price = model.calc_price(
        genai_prices.Usage(**counts), provider, genai_request_timestamp=at, price_context=CONTEXTS[usage.tier]
    )
    return int((price.total_price * 10**9).to_integral_value(ROUND_HALF_EVEN))


def lists_of(kind):
    """Yield (list of the package, what a name at this kind ends in)."""
    if kind in PROVIDERS:
        return [(PRICES._providers[PROVIDERS[kind]], "")]
    start = f"{HUGGINGFACE}_"
    return [
        (each, f":{name.removeprefix(start)}") for name, each in PRICES._providers.items() if name.startswith(start)
    ]


@pytest.mark.parametrize("kind", [*PROVIDERS, HUGGINGFACE])
def test_every_model_costs_what_the_package_says_to_the_nano_dollar_in_every_tier(kind):
    compared = 0
    for provider, suffix in lists_of(kind):
        for model in provider.models:
            if provider.find_model(model.id) is not model:
                continue  # A name that is matched by another model first is charged as that one.
            dated = PRICES.find_prices(kind, model.id + suffix)
            for at in INSTANTS if kind != "openrouter" else INSTANTS[2:]:
                price = price_at(dated, int(at.timestamp()) * 10**9)
                for usage in USAGES if price is not None else ():
                    for tier in ("", *(name for name, _ in price.service_tiers)):
                        used = replace(usage, tier=tier)
                        if not unpriced(price, used):
                            assert price_usage(price, used) == theirs(model, provider, used, at), (model.id, at, used)
                            compared += 1
    assert compared >= 200


def recorded_names(kind):
    """Return the models that were asked for in the recordings of a kind."""
    found = set()
    for path in RECORDINGS.glob("*.jsonl"):
        if KINDS_OF_RECORDINGS.get(path.stem, path.stem) == kind:
            for line in path.read_text(encoding="utf-8").splitlines():
                call = json.loads(line)
                found |= set(re.findall(r"models/([^:/?]+)", call["path"]))
                if isinstance(call["request"], dict) and isinstance(call["request"].get("model"), str):
                    found.add(call["request"]["model"])
    return found


def texts_of(clause):
    """Yield the texts of a rule of the package, which names are made of."""
    for name in ("equals", "starts_with", "ends_with", "contains"):
        if hasattr(clause, name):
            yield getattr(clause, name)
    for each in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from texts_of(each)


ENDINGS = (
    "",
    "-latest",
    "-preview-09-2025",
    "-20250929",
    "-2025-08-07",
    "-20251311",
    ":free",
    "X",
    "-tts",
    "@20251101",
)


@pytest.mark.parametrize("kind", [*PROVIDERS, HUGGINGFACE])
def test_a_name_has_the_price_of_the_model_that_the_package_finds(kind):
    """Over all names of the package, with what vendors put behind them, and all that were recorded."""
    book = PRICES.find_book(kind)
    compared = 0
    for provider, suffix in lists_of(kind):
        place = {id(model): at for at, model in enumerate(provider.models)}
        entries = book.lists[suffix.removeprefix(":")]
        index = PricesByName(book)
        names = {name for model in provider.models for name in (model.id, *texts_of(model.match))} | recorded_names(
            kind
        )
        endings = cycle(ENDINGS)
        for name in [each + ending for each in sorted(names) for ending in ("", *islice(endings, 3))]:
            # Gemini's names are also those of resources, which the package does not know.
            found, model = index.find(name + suffix), provider.find_model(name.removeprefix(book.prefix))
            expected = None if model is None or not name else entries[place[id(model)]]
            assert found is expected, name
            compared += 1
    assert compared > 10


def test_the_list_that_workers_get_survives_the_policy_store():
    book = PRICES.find_book("openrouter")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(book), type=PriceBook) == book
    assert PRICES.find_book("openrouter") is book
    assert PRICES.find_book("ollama") is None


def test_names_with_dates_and_as_resources_are_priced():
    assert PRICES.find_prices("openai", "gpt-4o-2024-08-06") == PRICES.find_prices("openai", "gpt-4o")
    assert PRICES.find_prices("anthropic", "claude-sonnet-4-5-20250929")
    assert PRICES.find_prices("gemini", "models/gemini-2.5-flash-preview-09-2025")


def test_what_is_not_covered_is_unpriced_and_listed_with_its_units():
    for kind in PROVIDERS:
        for name, units in PRICES.list_uncovered(kind).items():
            assert units and not set(units) & UNITS.keys()
            assert PRICES.find_prices(kind, name) == ()
    assert PRICES.list_uncovered("ollama") == {}
    assert "input_audio_hours" in PRICES.list_uncovered("groq")["whisper-large-v3"]
    assert "input_document_kpages" in PRICES.list_uncovered("mistral")["mistral-ocr-latest"]


def test_service_tiers_are_those_of_the_vendor():
    now = 1_795_000_000 * 10**9
    gpt = price_at(PRICES.find_prices("openai", "gpt-5"), now)
    assert [name for name, _ in gpt.service_tiers] == ["batch", "fast", "flex", "priority"]
    assert price_usage(gpt, Usage(10**6, tier="flex")) * 2 == price_usage(gpt, Usage(10**6, tier="default"))
    assert price_usage(gpt, Usage(10**6, tier="scale")) is None
    llama = price_at(PRICES.find_prices("groq", "llama-3.3-70b-versatile"), now)
    assert price_usage(llama, Usage(999, 9, tier="flex")) == price_usage(llama, Usage(999, 9, tier="on_demand"))
    claude = price_at(PRICES.find_prices("anthropic", "claude-sonnet-4-5"), now)
    assert price_usage(claude, Usage(10**5, 10**5, tier="batch")) * 2 == price_usage(claude, Usage(10**5, 10**5))


def test_models_that_people_use_are_priced():
    known = {
        "openai": ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "text-embedding-3-small", "gpt-4o-2024-08-06"),
        "groq": ("llama-3.3-70b-versatile",),
        "mistral": ("mistral-large-latest", "mistral-embed"),
        "deepseek": ("deepseek-chat", "deepseek-reasoner"),
        "anthropic": ("claude-sonnet-4-5", "claude-3-5-haiku-latest"),
        "gemini": ("gemini-2.5-flash", "gemini-2.5-pro"),
        "zai": ("glm-4.6",),
        "huggingface": ("Qwen/Qwen3-32B:groq",),
    }
    for kind, names in known.items():
        for name in names:
            assert PRICES.find_prices(kind, name), (kind, name)


def test_nothing_is_guessed_by_name_across_providers():
    assert PRICES.find_prices("openai-compatible", "gpt-4o") == ()
    assert PRICES.find_prices("ollama", "llama3.2") == ()
    assert PRICES.find_prices("groq", "gpt-4o") == ()
    assert PRICES.find_prices("anthropic", "gpt-4o") == ()
    assert PRICES.find_prices("huggingface", "Qwen/Qwen3-32B") == (), "who serves it is not known"
    assert PRICES.find_prices("huggingface", ":groq") == ()
    assert list(PRICES.list_models("ollama")) == []


def test_a_list_without_prices_is_unpriced_and_a_free_offer_costs_nothing():
    assert PRICES.find_prices("cerebras", "qwen-3-coder-480b") == ()
    (free,) = PRICES.find_prices("openrouter", "allenai/molmo-7b-d:free")
    assert price_usage(free.price, Usage(input_tokens=10**6, output_tokens=10**6)) == 0


def test_prices_by_the_hour_follow_the_clock():
    dated = PRICES.find_prices("deepseek", "deepseek-reasoner")
    usage = Usage(input_tokens=1_000_000)
    day = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp()) * 10**9
    by_hour = {price_usage(price_at(dated, day + hour * 3600 * 10**9), usage) for hour in range(24)}
    assert len(by_hour) == 2


def test_models_are_listed_with_their_context():
    facts = {each.name: each for each in PRICES.list_facts("openai")}
    assert facts["gpt-4o"].context_tokens == 128_000
    assert list(PRICES.list_models("openai")) == list(facts)


@pytest.mark.parametrize("kind", ["openai", "anthropic", "nothing-of-that-kind"])
def test_how_much_a_model_reads_is_what_its_list_says_and_nothing_for_others(kind):
    listed = {facts.name: facts.context_tokens for facts in PRICES.list_facts(kind)}
    assert {name: PRICES.find_context_tokens(kind, name) for name in listed} == listed
    assert PRICES.find_context_tokens(kind, "no-such-model") is None
    assert any(listed.values()) == (kind != "nothing-of-that-kind")


def test_importing_the_price_list_does_not_load_the_package():
    code = "import sys, tollway.adapters.prices; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
