"""The `genai-prices` package (https://github.com/pydantic/genai-prices) as our price list.

A name is looked up at no provider but the one that is asked, since the same model costs differently elsewhere.

The package takes 0.5 s to import; only the console does so, and not before prices are asked for.
"""

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import msgspec

from tollway.contract.policy import DatedPrice, PriceBook
from tollway.control.upstreams.ports import PriceList
from tollway.policy.price_book import PricesByName

if TYPE_CHECKING:
    from genai_prices.types import Provider

PROVIDERS: Final = {
    "openai": "openai",
    "groq": "groq",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "openrouter": "openrouter",
    "cerebras": "cerebras",
    "zai": "zai",
    "anthropic": "anthropic",
    "gemini": "google",
    "azure": "azure",
    "xai": "x-ai",
    "together": "together",
    "perplexity": "perplexity",
    "moonshot": "moonshotai",
    "minimax": "minimax",
    "novita": "novita",
}
"""Our kinds, and whose price list each is charged by. Other kinds (`ollama`, `openai-compatible`) have none."""

HUGGINGFACE: Final = "huggingface"
"""Its router is priced by the provider that serves the call, which a model's name may end in: `org/model:groq`."""

NAME_PREFIXES: Final = {"gemini": "models/"}
"""What a vendor's names may begin with beside the list's: Gemini's are resource names
(https://ai.google.dev/api/models#Model)."""


class ModelFacts(msgspec.Struct, frozen=True):
    """What is known of a model beside its price; None means not known."""

    name: str
    context_tokens: int | None
    output_tokens_max: int | None


class GenaiPriceList:
    """The bundled price list. Loaded at the first question; safe to share between threads after it."""

    def __init__(self) -> None:
        self._books: dict[str, tuple[PriceBook, PricesByName] | None] = {}
        self._contexts: dict[str, dict[str, int | None]] = {}

    def find_prices(self, kind: str, model: str) -> tuple[DatedPrice, ...]:
        """Return the model's prices at this kind of provider, oldest first; () when it is unpriced."""
        found = self._book(kind)
        entry = found[1].find(model) if found else None
        return entry.prices if entry else ()

    def find_book(self, kind: str) -> PriceBook | None:
        """Return the whole list of this kind of provider; None when it has none."""
        found = self._book(kind)
        return found[0] if found else None

    def list_models(self, kind: str) -> Sequence[str]:
        """Return the names of the models this kind of provider is known to offer; () when nothing is known."""
        return [facts.name for facts in self.list_facts(kind)]

    def find_context_tokens(self, kind: str, model: str) -> int | None:
        """Return how much a model of the list reads at most; None when that is not known."""
        if kind not in self._contexts:
            self._contexts[kind] = {facts.name: facts.context_tokens for facts in self.list_facts(kind)}
        return self._contexts[kind].get(model)

    def list_facts(self, kind: str) -> Sequence[ModelFacts]:
        """Return what is known of those models. The package does not state the most output a model gives."""
        provider = self._providers.get(PROVIDERS.get(kind, ""))
        if provider is None:
            return ()
        return [ModelFacts(model.id, model.context_window, None) for model in provider.models if not model.deprecated]

    def list_uncovered(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Return the models that are unpriced because of units we do not count, with those units."""
        provider = self._providers.get(PROVIDERS.get(kind, ""))
        models = provider.models if provider else ()
        from tollway.adapters.prices.models import uncovered

        found = {model.id: tuple(sorted(uncovered(model))) for model in models}
        return {name: units for name, units in found.items() if units}

    @cached_property
    def _providers(self) -> "dict[str, Provider]":
        from genai_prices.data_snapshot import get_snapshot

        return {provider.id: provider for provider in get_snapshot().providers}

    def _book(self, kind: str) -> tuple[PriceBook, PricesByName] | None:
        if kind not in self._books:
            book = self._build_book(kind)
            self._books[kind] = None if book is None else (book, PricesByName(book))
        return self._books[kind]

    def _build_book(self, kind: str) -> PriceBook | None:
        # Without its `all_providers` the package does not fall back to another vendor's list, and neither do we.
        from tollway.adapters.prices.models import ModelCompiler

        compiler = ModelCompiler(kind, f"genai-prices {version('genai-prices')}")
        if kind == HUGGINGFACE:
            start = f"{HUGGINGFACE}_"
            lists = {
                name.removeprefix(start): compiler.compile_all(provider.models)
                for name, provider in self._providers.items()
                if name.startswith(start)
            }
            return PriceBook(kind, lists, separator=":")
        provider = self._providers.get(PROVIDERS.get(kind, ""))
        if provider is None:
            return None
        return PriceBook(kind, {"": compiler.compile_all(provider.models)}, prefix=NAME_PREFIXES.get(kind, ""))


_: type[PriceList] = GenaiPriceList
