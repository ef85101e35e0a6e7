"""Lists of models come in pages that Anthropic's client walks through, each model once."""

import json
from typing import Any

import pytest
from anthropic.types import ModelInfo

from tollway.formats.messages.models import LIMIT, write_model, write_models
from tollway.formats.model_card import ModelCard
from tollway.kernel.errors import TollwayError

CARDS = [ModelCard(id=f"m-{number:03}", created_seconds=1_700_000_000, owned_by="x") for number in range(45)]


def page(**query: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(write_models(CARDS[::-1], **query))
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [model["id"] for model in found["data"]]


def test_the_official_client_takes_a_model():
    card = ModelCard(id="fast", created_seconds=1_700_000_000, owned_by="x", context_tokens=200_000)
    model = ModelInfo.model_validate_json(write_model(card))
    assert (model.id, model.max_input_tokens, model.created_at.year) == ("fast", 200_000, 2023)


@pytest.mark.parametrize(("seconds", "year"), [(-5, 1970), (2**60, 9999)])
def test_any_instant_can_be_written(seconds, year):
    card = ModelCard(id="m", created_seconds=seconds, owned_by="x")
    assert json.loads(write_model(card))["created_at"].startswith(f"{year}-")


def test_pages_hold_each_model_once_forwards():
    seen: list[str] = []
    found = page()
    while True:
        seen += ids(found)
        if not found["has_more"]:
            break
        found = page(after_id=found["last_id"])
    assert seen == [card.id for card in CARDS] and len(ids(page())) == LIMIT


def test_pages_go_backwards_too():
    found = page(before_id="m-040", limit="3")
    assert ids(found) == ["m-037", "m-038", "m-039"] and found["has_more"]
    assert (found["first_id"], found["last_id"]) == ("m-037", "m-039")


def test_a_page_behind_the_last_is_empty():
    assert page(after_id="z") == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "９"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(TollwayError) as refusal:
        page(limit=limit)
    assert refusal.value.param == "limit"


def test_both_directions_at_once_are_refused():
    with pytest.raises(TollwayError) as refusal:
        page(after_id="a", before_id="b")
    assert refusal.value.param == "before_id"
