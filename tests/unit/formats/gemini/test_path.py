"""Paths name the model and the method; what is written is read as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.gemini.path import Address, build, parse


@pytest.mark.parametrize(
    ("path", "model", "method"),
    [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash", "generateContent"),
        ("/v1/models/gemini-2.5-flash:streamGenerateContent", "gemini-2.5-flash", "streamGenerateContent"),
        ("/v1beta/models/gemini-2.5-flash:countTokens", "gemini-2.5-flash", "countTokens"),
        ("/v1beta/models/gemini-embedding-2:embedContent", "gemini-embedding-2", "embedContent"),
        ("/v1beta/models/gemini-embedding-2:batchEmbedContents", "gemini-embedding-2", "batchEmbedContents"),
        ("/v1alpha/tunedModels/mine-1:generateContent", "tunedModels/mine-1", "generateContent"),
        ("/v1beta/models", "", "list"),
        ("/v1beta/models/", "", "list"),
        ("/v1beta/models/gemini-2.5-flash", "gemini-2.5-flash", "get"),
        ("/v1beta/models/openai/gpt-5:generateContent", "openai/gpt-5", "generateContent"),
        # A name may have colons: what follows the last one is a method only if it is one.
        ("/v1beta/models/llama3:8b", "llama3:8b", "get"),
        ("/v1beta/models/llama3:8b:generateContent", "llama3:8b", "generateContent"),
        ("/v1beta/models/llama3%3A8b%3AgenerateContent", "llama3:8b", "generateContent"),
        ("/v1beta/models/gr%C3%B6%C3%9Fe%20a:generateContent", "größe a", "generateContent"),
        ("/v1beta1/projects/p/locations/global/publishers/google/models/g:generateContent", "g", "generateContent"),
        ("/v1/publishers/google/models/g:streamGenerateContent", "g", "streamGenerateContent"),
        ("/v1/projects/p/locations/l/endpoints/12:generateContent", "endpoints/12", "generateContent"),
    ],
)
def test_each_form_is_read(path, model, method):
    assert parse(path) == Address(model, method)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v1beta",
        "/models/g:generateContent",
        "/v1beta/cachedContents",
        "/v1beta/fileSearchStores",
        "/v1beta/openai/chat/completions",
        "/v1/chat/completions",
        "/v1beta/models/:generateContent",
        "/v1beta/models/a/:generateContent",
        "/v1beta/models/%FF:generateContent",
        "/v1beta/models/a%0Ab:generateContent",
        "/upload/v1beta/models/a:generateContent",
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude:generateContent",
        "/vxbeta/models/a:generateContent",
    ],
)
def test_anything_else_is_none_of_these(path):
    assert parse(path) is None


@pytest.mark.parametrize(
    ("model", "method", "path"),
    [
        ("gemini-2.5-flash", "generateContent", "/models/gemini-2.5-flash:generateContent"),
        ("models/gemini-2.5-flash", "countTokens", "/models/gemini-2.5-flash:countTokens"),
        ("tunedModels/mine", "generateContent", "/tunedModels/mine:generateContent"),
        ("endpoints/12", "generateContent", "/endpoints/12:generateContent"),
        ("gemini-2.5-flash", "get", "/models/gemini-2.5-flash"),
        ("", "list", "/models"),
        ("a b?#%", "generateContent", "/models/a%20b%3F%23%25:generateContent"),
    ],
)
def test_a_path_below_a_base_url(model, method, path):
    assert build(model, method) == path


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=20),
    st.sampled_from(["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"]),
)
def test_what_is_written_is_read_as_it_was(model, method):
    expected = None if model.endswith("/") else Address(model, method)
    if model.startswith("models/"):
        return
    assert parse("/v1beta" + build(model, method)) == expected


@given(st.text(max_size=40))
def test_any_path_is_read_or_none(text):
    parse(text)
    parse("/v1beta/models/" + text)
