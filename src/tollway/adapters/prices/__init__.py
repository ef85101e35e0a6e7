"""Model and price facts, from packages that carry them. Nothing here reaches the network."""

from tollway.adapters.prices.genai import GenaiPriceList, ModelFacts

__all__ = ["GenaiPriceList", "ModelFacts"]
