"""Rotation policies and rules of lifetimes as code: made, changed, deleted, exported, and found unchanged."""

import pytest
import yaml

from kit.control import ACTOR, ControlPlane
from tollway.control.configuration.model import Changes
from tollway.control.faults import Invalid

DAY = 86_400
DOCUMENT = """
version: 1
teams: [{name: payments}]
applications: [{name: shop, team: payments}]
webhooks: [{name: vault, url: 'https://vault.example/'}]
lifetimes:
  - {name: installation, default: 30d, max: 365d}
  - {name: team payments, idle: 90d}
  - {name: role developer, max: 180d}
tokens: [{name: ci}]
rotations:
  - {name: all, every: 90d}
  - {name: shop, of: application shop, every: 30d, overlap: 7d, delivery: webhook, webhook: vault}
  - {name: pay, of: team payments, every: 30d, delivery: mail, mail_to: ops@example.org, state: disabled}
  - {name: ci, of: token ci, every: 10d}
"""


def apply(plane: ControlPlane, document: str, *, dry_run: bool = False) -> Changes:
    return plane.configuration.apply(document, ACTOR, dry_run=dry_run)


def test_they_are_made_and_the_same_document_finds_them_unchanged(plane: ControlPlane) -> None:
    assert not apply(plane, DOCUMENT, dry_run=True).applied
    assert plane.rotations.policies.all() == ()
    apply(plane, DOCUMENT)
    found = {each.name: each for each in plane.rotations.policies.all()}
    assert {name: (each.scope, each.delivery, each.state) for name, each in found.items()} == {
        "all": ("installation", "link", "active"),
        "shop": ("application", "webhook", "active"),
        "pay": ("team", "mail", "disabled"),
        "ci": ("token", "link", "active"),
    }
    assert (found["shop"].every_seconds, found["shop"].overlap_seconds) == (30 * DAY, 7 * DAY)
    assert found["pay"].mail_to == "ops@example.org"
    assert apply(plane, DOCUMENT).is_empty


def test_rules_hold_for_the_tokens_of_the_same_document(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    token = plane.tokens.find_named("ci")
    assert token is not None
    assert token.life.expires_max_ns == token.created_ns + 365 * DAY * 10**9


def test_the_export_reads_back_unchanged(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    exported = plane.configuration.export()
    found = yaml.safe_load(exported)
    assert {each["name"] for each in found["lifetimes"]} == {"installation", "team payments", "role developer"}
    assert {each["name"]: each.get("of") for each in found["rotations"]} == {
        "all": None,
        "shop": "application shop",
        "pay": "team payments",
        "ci": "token ci",
    }
    assert apply(plane, exported).is_empty


def test_what_is_of_a_team_that_is_gone_is_not_exported(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    apply(plane, "version: 1\nteams: [{name: red}]\nlifetimes: [{name: team red, max: 9d}]\n"
                 "rotations: [{name: red, of: team red, every: 9d}]")  # fmt: skip
    team = plane.teams.find_named("red")
    assert team is not None
    plane.teams.delete(team.id, ACTOR)
    found = yaml.safe_load(plane.configuration.export())
    assert "team red" not in {each["name"] for each in found["lifetimes"]}
    assert {each["name"] for each in found["rotations"]} == {"all", "shop", "pay", "ci"}


def test_what_is_stated_is_changed_and_what_is_absent_is_deleted(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    changes = apply(
        plane,
        "version: 1\nrotations: [{name: shop, delivery: link}, {name: pay, state: active}]\n"
        "lifetimes: [{name: installation, max: null, idle: 30d}]",
    )
    fields = {change.name: [field.path for field in change.fields] for change in changes.changes}
    assert fields == {"installation": ["idle", "max"], "shop": ["delivery", "webhook"], "pay": ["state"]} or fields == {
        "installation": ["max", "idle"], "shop": ["delivery", "webhook"], "pay": ["state"]}  # fmt: skip
    changes = apply(
        plane,
        "version: 1\nrotations: [{name: shop, state: absent}]\nlifetimes: [{name: team payments, state: absent}]",
    )
    assert {change.action for change in changes.changes} == {"delete"}
    assert "shop" not in {each.name for each in plane.rotations.policies.all()}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rotations: [{name: a}]", "/rotations/0/every"),
        ("rotations: [{name: a, every: soon}]", "/rotations/0/every"),
        ("rotations: [{name: a, every: 90d, of: nobody}]", "/rotations/0/of"),
        ("rotations: [{name: a, every: 90d, of: team nobody}]", "/rotations/0/of"),
        ("rotations: [{name: a, every: 90d, delivery: pigeon}]", "/rotations/0/delivery"),
        ("rotations: [{name: a, every: 90d, delivery: webhook, webhook: nothing}]", "/rotations/0/webhook"),
        ("rotations: [{name: a, every: 90d, delivery: mail, mail_to: nobody}]", "/rotations/0/mail_to"),
        ("rotations: [{name: all, of: token ci}]", "/rotations/0/of"),
        ("lifetimes: [{name: somebody, max: 1d}]", "/lifetimes/0/name"),
        ("lifetimes: [{name: team nobody, max: 1d}]", "/lifetimes/0/name"),
        ("lifetimes: [{name: installation, max: 1s}]", "/lifetimes/0/max_seconds"),
    ],
)
def test_faults_have_their_place(plane: ControlPlane, text: str, place: str) -> None:
    apply(plane, DOCUMENT)
    with pytest.raises(Invalid) as caught:
        apply(plane, f"version: 1\n{text}")
    assert caught.value.faults[0].path == place
