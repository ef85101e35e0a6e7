"""OpenAI's list of models, with what a model can be asked for."""

import json

from tollway.formats.chat.listing import EMBEDS, GENERATES, write_model, write_models
from tollway.formats.model_card import ModelCard


def test_a_model_says_what_it_can_be_asked_for_and_no_more_than_is_known() -> None:
    assert json.loads(write_model(ModelCard("m", 7, "p", 1_000))) == {
        "id": "m",
        "object": "model",
        "created": 7,
        "owned_by": "p",
        "capabilities": {"operations": list(GENERATES)},
        "context_window": 1_000,
    }
    shown = json.loads(write_model(ModelCard("e", 7, "p", is_embedding=True)))
    assert shown["capabilities"] == {"operations": list(EMBEDS)} and "context_window" not in shown


def test_a_list_keeps_its_order() -> None:
    body = json.loads(write_models(ModelCard(name, 0, "p") for name in ("b", "a")))
    assert body["object"] == "list" and [item["id"] for item in body["data"]] == ["b", "a"]
