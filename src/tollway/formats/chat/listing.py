"""Lists of models in OpenAI's shape.

https://platform.openai.com/docs/api-reference/models — its clients take more fields; ours say what a model can be asked
for and how much it reads, when that is known.
"""

from collections.abc import Iterable

import msgspec

from tollway.formats.model_card import ModelCard

_encode = msgspec.json.Encoder().encode

GENERATES = ("chat", "responses", "messages", "generate_content")
EMBEDS = ("embeddings",)


def write_models(cards: Iterable[ModelCard]) -> bytes:
    """Return the whole list; OpenAI's has no pages."""
    return _encode({"object": "list", "data": [_shown(card) for card in cards]})


def write_model(card: ModelCard) -> bytes:
    """Return one model."""
    return _encode(_shown(card))


def _shown(card: ModelCard) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": card.id,
        "object": "model",
        "created": card.created_seconds,
        "owned_by": card.owned_by,
        "capabilities": {"operations": EMBEDS if card.is_embedding else GENERATES},
    }
    if card.context_tokens is not None:
        shown["context_window"] = card.context_tokens
    return shown
