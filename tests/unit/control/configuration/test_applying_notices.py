"""Webhooks and mail as part of a configuration document: made, changed, exported without secrets."""

import pytest
import yaml

from kit.control import ACTOR, ControlPlane
from tollway.control.audit.model import Wanted
from tollway.control.configuration.model import Changes
from tollway.control.faults import Invalid

DOCUMENT = """
version: 1
webhooks:
  - name: alerts
    url: https://hooks.example/tollway
    events: [token.revoked, budget.near_end]
  - name: chat
    url: https://chat.example/in?key=a-receivers-own-secret
    allow_private: [10.0.0.0/8]
    state: disabled
mail:
  host: mail.example
  security: tls
  port: 465
  username: bot
  credential: the-password-canary
  from_address: gateway@example.com
"""


def apply(plane: ControlPlane, document: str) -> Changes:
    return plane.configuration.apply(document, ACTOR, dry_run=False)


def test_webhooks_and_mail_are_made_and_secrets_shown_once(plane: ControlPlane) -> None:
    changes = apply(plane, DOCUMENT)
    assert [(change.action, change.kind) for change in changes.changes] == [
        ("create", "webhook"),
        ("create", "webhook"),
        ("create", "mail"),
    ]
    assert [(secret.kind, secret.name) for secret in changes.secrets] == [("webhook", "alerts"), ("webhook", "chat")]
    assert all(secret.token.reveal().startswith("whsec_") for secret in changes.secrets)
    again = apply(plane, DOCUMENT.replace("credential: the-password-canary", "credential: stored"))
    assert again.is_empty and not again.secrets


def test_the_export_has_no_secret_and_reads_back_unchanged(plane: ControlPlane) -> None:
    changes = apply(plane, DOCUMENT)
    exported = plane.configuration.export()
    secrets = [secret.token.reveal() for secret in changes.secrets]
    assert not [secret for secret in (*secrets, "the-password-canary", "a-receivers-own-secret") if secret in exported]
    found = yaml.safe_load(exported)
    assert found["mail"] == {
        "host": "mail.example",
        "port": 465,
        "security": "tls",
        "from_address": "gateway@example.com",
        "username": "bot",
        "credential": "stored",
    }
    assert found["webhooks"][1]["url"] == "stored"
    assert apply(plane, exported).is_empty


def test_what_is_stated_is_changed_and_what_is_absent_is_deleted(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    changes = apply(
        plane,
        "version: 1\nwebhooks: [{name: chat, state: active}, {name: alerts, events: null}]\nmail: {from_name: Gateway}",
    )
    assert {change.action for change in changes.changes} == {"update"}
    assert [field.path for change in changes.changes for field in change.fields] == ["state", "events", "from_name"]
    changes = apply(plane, "version: 1\nwebhooks: [{name: chat, state: absent}]\nmail: {state: absent}")
    assert {change.action for change in changes.changes} == {"delete"}
    assert "mail" not in yaml.safe_load(plane.configuration.export())
    acts = {entry.action for entry in plane.audit.page(Wanted())}
    assert {"webhook.create", "webhook.change", "webhook.delete", "mail.set_up", "mail.remove"} <= acts


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("webhooks: [{name: a}]", "/webhooks/0/url"),
        ("webhooks: [{name: a, url: stored}]", "/webhooks/0/url"),
        ("webhooks: [{name: a, url: 'ftp://x'}]", "/webhooks/0/url"),
        ("webhooks: [{name: a, url: 'https://x.example', events: [nothing]}]", "/webhooks/0/events/0"),
        ("mail: {host: mail.example}", "/mail"),
        ("mail: {host: m.example, from_address: a@b.example, security: ssl}", "/mail/security"),
        ("mail: {host: m.example, from_address: a@b.example, state: disabled}", "/mail/state"),
        ("mail: {host: m.example, from_address: a@b.example, username: u, credential: 'env:X'}", "/mail/credential"),
        ("mail: {host: m.example, from_address: a@b.example, username: u}", "/mail/password"),
    ],
)
def test_faults_name_their_places(plane: ControlPlane, text: str, place: str) -> None:
    with pytest.raises(Invalid) as caught:
        apply(plane, f"version: 1\n{text}\n")
    assert [fault.path for fault in caught.value.faults] == [place]
