"""References to credentials in a configuration document."""

from pathlib import Path

import pytest
import yaml

from tollway.cli.references import resolve, resolve_document

BASE = Path("/etc/tollway")
ENVIRONMENT = {"KEY": "sk-secret", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("env:KEY", "sk-secret"),
        ("env:OTHER", "env:OTHER"),
        ("env:EMPTY", "env:EMPTY"),
        ("file:/run/key", "file:/run/key"),
        ("file:keys/openai", "file:/etc/tollway/keys/openai"),
        ("sk-plain", "sk-plain"),
    ],
)
def test_references_are_resolved_when_they_can_be(text: str, sent: str) -> None:
    assert resolve(text, BASE, ENVIRONMENT) == sent


def test_documents_change_in_their_credentials_only() -> None:
    raw = b"""
version: 1
providers:
  - {name: a, kind: openai, credential: env:KEY, models: ['env:KEY']}
  - {name: b, kind: openai, credentials: [env:KEY, env:OTHER, 3]}
services:
  - {name: env:KEY, path_prefix: /w, base_url: https://a, credential: file:w}
"""
    resolved = yaml.safe_load(resolve_document(raw, BASE, ENVIRONMENT))
    assert resolved == {
        "version": 1,
        "providers": [
            {"name": "a", "kind": "openai", "credential": "sk-secret", "models": ["env:KEY"]},
            {"name": "b", "kind": "openai", "credentials": ["sk-secret", "env:OTHER", 3]},
        ],
        "services": [
            {"name": "env:KEY", "path_prefix": "/w", "base_url": "https://a", "credential": "file:/etc/tollway/w"}
        ],
    }


@pytest.mark.parametrize(
    "raw",
    [b"", b"- 1", b"a: [", b"\xff\xfe\x00", b"providers: 3", b"providers: [3]", b"providers:\n- credential: {a: 1}\n",
     b"# kept\nversion: 1\nproviders:\n- credential: env:OTHER\n", b"a: !!python/object:os.system {}"],
)  # fmt: skip
def test_documents_without_anything_to_resolve_are_sent_byte_for_byte(raw: bytes) -> None:
    assert resolve_document(raw, BASE, ENVIRONMENT) == raw


def test_the_password_of_the_mail_server_is_read_here() -> None:
    document = b"version: 1\nmail: {host: m.example, credential: 'env:MAIL_PASSWORD'}\n"
    assert b"a-password" in resolve_document(document, Path("/"), {"MAIL_PASSWORD": "a-password"})
    assert resolve_document(document, Path("/"), {}) == document
