"""Entries: any document is read or faulted, and what is not stated is UNSET."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from tollway.control.configuration.entries import Document, read_document
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults, Invalid


def read(text: str) -> tuple[Document, list[str]]:
    faults = Faults()
    document = read_document(read_tree(text), faults)
    return document, [fault.path for fault in faults.found]


@pytest.mark.parametrize(
    ("expires", "instant", "seconds"),
    [
        ("never", None, UNSET),
        ("null", None, UNSET),
        ("2027-01-01", 1_798_761_600, UNSET),
        ("2027-01-01T00:00:00Z", 1_798_761_600, UNSET),
        ("2027-01-01 02:00:00+02:00", 1_798_761_600, UNSET),
        ("30d", UNSET, 2_592_000),
    ],
)
def test_expiry(expires: str, instant: object, seconds: object) -> None:
    document, faults = read(f"version: 1\ntokens: [{{name: t, expires: {expires}}}]")
    token = document.tokens[0]
    assert faults == []
    assert token.expires_ns == (instant * 10**9 if isinstance(instant, int) else instant)
    assert token.lifetime_seconds == seconds


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("version: 2", "/version"),
        ("{}", "/version"),
        ("version: 1\nthings: []", "/things"),
        ("version: 1\nteams: [{}]", "/teams/0"),
        ("version: 1\nteams: [{name: a}, {name: a}]", "/teams/1/name"),
        ("version: 1\nteams: [{name: a, state: disabled}]", "/teams/0/state"),
        ("version: 1\ntokens: [{name: a, expires: 2027-13-01}]", "/tokens/0/expires"),
        ("version: 1\ntokens: [{name: a, expires: soon}]", "/tokens/0/expires"),
        ("version: 1\ntokens: [{name: a, environment: dev}]", "/tokens/0/environment"),
        ("version: 1\nproviders: [{name: a, credential: x, credentials: [y]}]", "/providers/0/credentials"),
        ("version: 1\nproviders: [{name: a, models: [{}]}]", "/providers/0/models/0"),
        ("version: 1\nproviders: [{name: a, timeouts: {idle: 1}}]", "/providers/0/timeouts/idle"),
        ("version: 1\nservices: 7", "/services"),
    ],
)
def test_faults_have_places(text: str, path: str) -> None:
    assert path in read(text)[1]


_words = st.sampled_from(["version", "teams", "applications", "providers", "services", "tokens"]) | st.sampled_from(
    [
        "name",
        "kind",
        "models",
        "price",
        "limits",
        "rpm",
        "budget",
        "requests",
        "expires",
        "state",
        "headers",
        "timeouts",
    ]
)
_trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-9, 9)
    | st.sampled_from(["*", "5/month", "x", "2027-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(tree=st.dictionaries(_words, _trees, max_size=5))
def test_any_document_is_read_or_faulted(tree: object) -> None:
    try:
        read(yaml.safe_dump(tree))
    except Invalid as error:
        assert error.faults
