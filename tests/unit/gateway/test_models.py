"""The list of models is what this token may use, in OpenAI's shape."""

import json

import pytest

from kit.gateway_kit import Rig
from tollway.contract.policy import Candidate, ModelRecord

MODELS = [ModelRecord(name, (Candidate("p1", name),)) for name in ("b", "a", "org/c", "vendor/*")]


def rig_with_models() -> Rig:
    rig = Rig()
    rig.publish(models=MODELS)
    return rig


@pytest.mark.parametrize(
    ("allowed", "listed"), [(None, ["a", "b", "org/c"]), (("b", "gone"), ["b"]), ((), []), (("vendor/*",), [])]
)
async def test_models_are_listed_by_name_and_catch_alls_are_not(allowed, listed):
    rig = rig_with_models()
    reply = await rig.call("/v1/models", method="GET", token=rig.token(models=allowed))
    body = json.loads(reply.answer)
    assert body["object"] == "list"
    assert [item["id"] for item in body["data"]] == listed
    assert all(set(item) == {"id", "object", "created", "owned_by", "capabilities"} for item in body["data"])


@pytest.mark.parametrize("path", ["org/c", "org%2Fc"])
async def test_one_model_is_shown_by_its_name_escaped_or_not(path):
    rig = rig_with_models()
    reply = await rig.call(f"/v1/models/{path}", method="GET", token=rig.token())
    assert (reply.status, json.loads(reply.answer)["id"]) == (200, "org/c")
    assert reply.header("content-type") == "application/json"


async def test_a_model_the_token_may_not_use_is_like_one_that_is_not_there():
    rig = rig_with_models()
    secret = rig.token(models=("a",))
    hidden, absent = [
        json.loads((await rig.call(f"/v1/models/{name}", method="GET", token=secret)).answer)["error"]
        for name in ("b", "z")
    ]
    assert (hidden["code"], hidden["param"]) == (absent["code"], absent["param"]) == ("model.not_found", "model")
    assert hidden["message"].replace("`b`", "`z`") == absent["message"]


ANTHROPIC = [("anthropic-version", "2023-06-01")]


async def test_anthropics_clients_page_through_the_models():
    rig = rig_with_models()
    pages = []
    for query in ("limit=2", "limit=2&after_id=b"):
        reply = await rig.call("/v1/models", method="GET", query=query, headers=ANTHROPIC, token=rig.token())
        body = json.loads(reply.answer)
        pages.append(([item["id"] for item in body["data"]], body["has_more"]))
    assert pages == [(["a", "b"], True), (["org/c"], False)]


async def test_geminis_clients_page_through_the_models():
    rig = rig_with_models()
    first = json.loads((await rig.call("/v1beta/models", method="GET", query="pageSize=2", token=rig.token())).answer)
    query = f"pageSize=2&pageToken={first['nextPageToken']}"
    second = json.loads((await rig.call("/v1beta/models", method="GET", query=query, token=rig.token())).answer)
    assert [[item["name"] for item in page["models"]] for page in (first, second)] == [
        ["models/a", "models/b"],
        ["models/org/c"],
    ]
    assert "nextPageToken" not in second


@pytest.mark.parametrize(
    ("path", "headers", "shown"),
    [
        ("/v1/models/a", ANTHROPIC, {"type": "model", "id": "a"}),
        ("/v1beta/models/a", [], {"name": "models/a"}),
    ],
    ids=["anthropic", "gemini"],
)
async def test_one_model_is_shown_as_the_callers_own_vendor_does(path, headers, shown):
    rig = rig_with_models()
    body = json.loads((await rig.call(path, method="GET", headers=headers, token=rig.token())).answer)
    assert body.items() >= shown.items()
