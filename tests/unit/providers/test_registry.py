"""The catalogue of provider kinds is complete and readable."""

from tollway.providers.registry import ALIASES, KINDS, find_kind


def test_every_kind_of_the_recorded_vendors_is_there():
    for name in ("openai", "groq", "mistral", "deepseek", "openrouter", "cerebras", "huggingface", "zai", "sandbox"):
        assert KINDS[name].title and KINDS[name].docs_url


def test_aliases_lead_to_kinds_and_unknown_names_to_none():
    for alias, name in ALIASES.items():
        assert find_kind(alias) is KINDS[name]
    assert find_kind("nope") is None


def test_base_urls_are_https_but_for_local_ones():
    for kind in KINDS.values():
        assert kind.base_url.startswith(("https://", "http://127.0.0.1", "sandbox://")) or not kind.base_url
