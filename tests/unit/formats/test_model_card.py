"""A card says no more than is known."""

from tollway.formats.model_card import ModelCard


def test_a_card_says_no_more_than_is_known() -> None:
    card = ModelCard("gpt", 1, "openai")
    assert card.context_tokens is None and not card.is_embedding
