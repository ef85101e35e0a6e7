"""What a list of models says about one: what every dialect's list has, in nobody's shape."""

import msgspec


class ModelCard(msgspec.Struct, frozen=True, gc=False):
    """A model that may be asked for under `id`. `context_tokens` None: not known."""

    id: str
    created_seconds: int
    owned_by: str
    context_tokens: int | None = None
    is_embedding: bool = False
    """Whether it makes embeddings, and no text."""
