"""The models of a gateway in Google's shape.

https://ai.google.dev/api/models#Model — a list comes in pages; a page's token names the model that the page before it
ended with, so that pages stay whole while models come and go.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

from tollway.formats.gemini.asked import invalid
from tollway.formats.model_card import ModelCard

PAGE_SIZE = 50
PAGE_SIZE_MAX = 1_000
"""https://ai.google.dev/api/models#method:-models.list"""

_GENERATING = ("generateContent", "countTokens")
_EMBEDDING = ("embedContent", "batchEmbedContents")


def write_model(model: ModelCard) -> bytes:
    """Write one model."""
    return msgspec.json.encode(_model(model))


def write_models(models: Sequence[ModelCard], *, page_size: str | None = None, page_token: str | None = None) -> bytes:
    """Write one page of the models, ordered by their ids.

    `page_size` and `page_token` are the query's texts, None and "" where it has none. Raises request.field_invalid.
    """
    size = _size(page_size)
    after = _after(page_token)
    ordered = sorted((model for model in models if after is None or model.id > after), key=lambda model: model.id)
    page = ordered[:size]
    written: dict[str, Any] = {"models": [_model(model) for model in page]}
    if len(ordered) > size:
        written["nextPageToken"] = urlsafe_b64encode(page[-1].id.encode()).decode()
    return msgspec.json.encode(written)


def _model(model: ModelCard) -> dict[str, Any]:
    written: dict[str, Any] = {"name": f"models/{model.id}", "version": "", "displayName": model.id}
    written["description"] = f"Served by {model.owned_by}."
    if model.context_tokens is not None:
        written["inputTokenLimit"] = model.context_tokens
    written["supportedGenerationMethods"] = _EMBEDDING if model.is_embedding else _GENERATING
    return written


def _size(text: str | None) -> int:
    """Read `pageSize`: 0 and absent are the default, more than the most is the most, as Google has it."""
    if not text:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        invalid("pageSize", "must be a whole number that is not negative")
    return min(int(text) or PAGE_SIZE, PAGE_SIZE_MAX)


def _after(token: str | None) -> str | None:
    if not token:
        return None
    try:
        return b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError:
        invalid("pageToken", "is none that this list gave")
