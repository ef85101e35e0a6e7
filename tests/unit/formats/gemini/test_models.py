"""Models are listed as Google's clients read them, page by page."""

import json

import pytest
from google.genai import types
from google.genai.models import _Model_from_mldev

from tollway.formats.gemini.models import PAGE_SIZE, PAGE_SIZE_MAX, write_model, write_models
from tollway.formats.model_card import ModelCard
from tollway.kernel.errors import TollwayError

CARDS = [ModelCard(f"m{number:04}", 1_700_000_000, "acme") for number in range(PAGE_SIZE_MAX + 5)]


def test_one_model():
    card = ModelCard("gemini-2.5-flash", 1_700_000_000, "google", context_tokens=1_048_576)
    assert json.loads(write_model(card)) == {
        "name": "models/gemini-2.5-flash",
        "version": "",
        "displayName": "gemini-2.5-flash",
        "description": "Served by google.",
        "inputTokenLimit": 1_048_576,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
    embedding = json.loads(write_model(ModelCard("e", 0, "acme", is_embedding=True)))
    assert embedding["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]
    assert "inputTokenLimit" not in embedding


def test_googles_own_types_read_it():
    stated = _Model_from_mldev(json.loads(write_model(CARDS[0])))
    read = types.Model._from_response(response=stated, kwargs={})
    assert (read.name, read.display_name) == ("models/m0000", "m0000")
    assert read.supported_actions == ["generateContent", "countTokens"]


@pytest.mark.parametrize(
    ("asked", "size"), [(None, PAGE_SIZE), ("", PAGE_SIZE), ("0", PAGE_SIZE), ("7", 7), ("9999", PAGE_SIZE_MAX)]
)
def test_all_models_come_in_pages(asked, size):
    names: list[str] = []
    token = None
    while True:
        page = json.loads(write_models(CARDS[::-1], page_size=asked, page_token=token))
        assert len(page["models"]) <= size
        names += [model["displayName"] for model in page["models"]]
        token = page.get("nextPageToken")
        if token is None:
            break
        assert len(page["models"]) == size
    assert names == [card.id for card in CARDS]


def test_a_page_goes_on_where_a_model_is_gone():
    first = json.loads(write_models(CARDS[:4], page_size="2"))
    second = json.loads(write_models([CARDS[0], CARDS[3]], page_size="2", page_token=first["nextPageToken"]))
    assert [model["displayName"] for model in second["models"]] == ["m0003"]
    assert json.loads(write_models([])) == {"models": []}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"page_size": "-1"}, "pageSize"),
        ({"page_size": "many"}, "pageSize"),
        ({"page_size": "1" * 30}, "pageSize"),
        ({"page_token": "%"}, "pageToken"),
        ({"page_token": "/w=="}, "pageToken"),
        ({"page_token": "ü"}, "pageToken"),
    ],
)
def test_a_query_that_cannot_be_is_refused(query, place):
    with pytest.raises(TollwayError) as caught:
        write_models(CARDS, **query)
    assert (caught.value.code.name, caught.value.param) == ("request.field_invalid", place)
