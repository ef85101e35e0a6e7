"""Every compiled price equals the package's own calculation to the nano-dollar."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN

import pytest

from tollway.adapters.prices import GenaiPriceList
from tollway.adapters.prices.genai import LEFT_OUT, PROVIDERS
from tollway.contract.usage import Usage
from tollway.policy.price import price_at, price_usage

PRICES = GenaiPriceList()
USAGES = (
    Usage(input_tokens=1, output_tokens=1),
    Usage(input_tokens=1_234, output_tokens=567),
    Usage(input_tokens=90_001, output_tokens=11, cached_input_tokens=77_777),
    Usage(input_tokens=150_000, output_tokens=2_000, cached_input_tokens=3, cache_write_tokens=1_001),
    Usage(input_tokens=300_000, output_tokens=999, reasoning_tokens=800, cached_input_tokens=100_000),
    Usage(input_tokens=5_000, output_tokens=700, input_audio_tokens=4_001, output_audio_tokens=650),
    Usage(input_tokens=100, output_tokens=100, web_searches=3),
    Usage(input_tokens=0, output_tokens=0),
)
INSTANTS = (
    datetime(2023, 1, 1, tzinfo=UTC),
    datetime(2025, 3, 1, 0, 29, 59, tzinfo=UTC),
    datetime(2025, 11, 30, 3, 0, tzinfo=UTC),
    datetime(2026, 7, 31, 7, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
)


def theirs(model, provider, usage, at):
    """Return the price by the package itself, in nano-USD."""
    import genai_prices

    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cached_input_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": 0,
        "input_audio_tokens": usage.input_audio_tokens,
        "cache_audio_read_tokens": 0,
        "cache_audio_write_tokens": 0,
        "output_audio_tokens": usage.output_audio_tokens,
        "web_searches": usage.web_searches,
        "storage_searches": 0,
    }
    price = model.calc_price(genai_prices.Usage(**counts), provider, genai_request_timestamp=at)
    return int((price.total_price * 10**9).to_integral_value(ROUND_HALF_EVEN))


@pytest.mark.parametrize("kind", [*PROVIDERS, "huggingface"])
def test_every_model_costs_what_the_package_says_to_the_nano_dollar(kind):
    lists = (
        [PRICES._providers[PROVIDERS[kind]]]
        if kind in PROVIDERS
        else [provider for name, provider in PRICES._providers.items() if name.startswith("huggingface_")]
    )
    compared = 0
    for provider in lists:
        suffix = ":" + provider.id.removeprefix("huggingface_") if kind == "huggingface" else ""
        for model in provider.models:
            if provider.find_model(model.id) is not model:
                continue  # A name that is matched by another model first is charged as that one.
            dated = PRICES.find_prices(kind, model.id + suffix)
            for at in INSTANTS:
                price = price_at(dated, int(at.timestamp()) * 10**9)
                if price is None:
                    continue
                for usage in USAGES:
                    assert price_usage(price, usage) == theirs(model, provider, usage, at), (model.id, at, usage)
                    compared += 1
    assert compared >= 200


def test_what_is_not_covered_is_unpriced_and_listed_with_its_units():
    for kind in PROVIDERS:
        for name, units in PRICES.list_uncovered(kind).items():
            assert units and not set(units) & LEFT_OUT.keys()
            assert PRICES.find_prices(kind, name) == ()
    assert "input_audio_hours" in PRICES.list_uncovered("groq")["whisper-large-v3"]
    assert "output_image_mtok" in PRICES.list_uncovered("gemini")["gemini-2.5-flash-image"]


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


def test_importing_the_price_list_does_not_load_the_package():
    code = "import sys, tollway.adapters.prices; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
