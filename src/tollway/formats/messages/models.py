"""The models of a gateway in Anthropic's shape.

https://platform.claude.com/docs/en/api/models-list — a list comes in pages, before or after the model that the caller
names; here it is ordered by ids, so that pages stay whole while models come and go.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tollway.formats.asked import invalid
from tollway.formats.model_card import ModelCard

LIMIT = 20
LIMIT_MAX = 1_000
_SECONDS_MAX = 253_402_300_799
"""The last second of the year 9999, which is the last that RFC 3339 can write."""


def write_model(model: ModelCard) -> bytes:
    """Write one model."""
    return msgspec.json.encode(_model(model))


def write_models(
    models: Sequence[ModelCard], *, limit: str | None = None, after_id: str | None = None, before_id: str | None = None
) -> bytes:
    """Write one page of the models.

    The arguments are the query's texts, None and "" where it has none. Raises request.field_invalid for a limit that
    is none, or for both ids at once.
    """
    size = _limit(limit)
    if after_id and before_id:
        invalid("before_id", "excludes `after_id`: give one of them")
    ordered = sorted(models, key=lambda model: model.id)
    if before_id:
        found = [model for model in ordered if model.id < before_id]
        page = found[-size:]
    else:
        found = [model for model in ordered if not after_id or model.id > after_id]
        page = found[:size]
    return msgspec.json.encode(
        {
            "data": [_model(model) for model in page],
            "has_more": len(found) > len(page),
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }
    )


def _model(model: ModelCard) -> dict[str, Any]:
    created = datetime.fromtimestamp(min(max(model.created_seconds, 0), _SECONDS_MAX), UTC)
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
        "max_input_tokens": model.context_tokens,
    }


def _limit(text: str | None) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LIMIT_MAX):
        invalid("limit", f"must be from 1 to {LIMIT_MAX}")
    return int(text)
