"""Paths of Google's API, which name the model and the method: `/v1beta/models/{model}:{method}`.

https://ai.google.dev/api/generate-content and https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
— read in both forms, the Gemini API's and Vertex AI's; written relative to a base URL that ends with the version
(`…/v1beta`) or with the publisher (`…/publishers/google`). A model's name may have slashes and colons.
"""

import re
from typing import Literal, get_args
from urllib.parse import quote, unquote

import msgspec

Method = Literal[
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
    "get",
    "list",
]
"""`get` and `list` are the methods without a name of their own: one model, all models."""

_NAMED = frozenset(get_args(Method)) - {"get", "list"}
_FOLDERS = ("tunedModels/", "endpoints/")
"""Models beside `models/` keep their folder in their name."""

_VERSION = re.compile(r"/v[0-9]+(?:(?:alpha|beta)[0-9]*)?/")
_VERTEX = re.compile(r"(?:projects/[^/]+/)?(?:locations/[^/]+/)?publishers/google/")
_ENDPOINT = re.compile(r"projects/[^/]+/locations/[^/]+/(?=endpoints/)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Address(msgspec.Struct, frozen=True):
    """What a path asks for. `model` is the name without `models/`, "" for the list of all."""

    model: str
    method: Method


def parse(path: str) -> Address | None:
    """Return what a path, still percent-encoded and without its query, asks for; None when it is none of these.

    What the last colon is followed by is a method only if it is one, so that `models/llama3:8b` is a model.
    """
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return None
    version = _VERSION.match(decoded)
    if version is None or _CONTROL.search(decoded):
        return None
    rest = decoded[version.end() :]
    rest = _VERTEX.sub("", rest, count=1) if _VERTEX.match(rest) else rest
    rest = _ENDPOINT.sub("", rest, count=1) if _ENDPOINT.match(rest) else rest
    if rest in ("models", "models/"):
        return Address("", "list")
    if not rest.startswith(("models/", *_FOLDERS)):
        return None
    name = rest.removeprefix("models/")
    model, colon, method = name.rpartition(":")
    found: Method = "get"
    if colon and method in _NAMED:
        name, found = model, _method(method)
    return Address(name, found) if name and not name.endswith("/") else None


def build(model: str, method: Method) -> str:
    """Return the path below a base URL, percent-encoded, as `/models/gemini-2.5-flash:generateContent`."""
    if method == "list":
        return "/models"
    name = model if model.startswith(("models/", *_FOLDERS)) else f"models/{model}"
    encoded = quote(name, safe="/:@!$&'(*+),;=")
    return f"/{encoded}" if method == "get" else f"/{encoded}:{method}"


def _method(name: str) -> Method:
    return next(method for method in get_args(Method) if method == name)
