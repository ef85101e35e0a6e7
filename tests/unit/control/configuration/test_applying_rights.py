"""Rights and groups by document: applied twice changes nothing, exported reads back, and absent silences."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import ALL_RIGHTS
from tollway.control.faults import Invalid
from tollway.control.plans.model import NewPlan

DOCUMENT = """
version: 1
teams: [{name: payments}]
applications: [{name: shop, team: payments}]
services: [{name: weather, path_prefix: /weather, base_url: "https://rest.example"}]
tokens: [{name: ci, application: shop}]
model_groups:
  - {name: cheap, models: [gpt-4o-mini, claude-haiku-*], description: for tests}
rights:
  - {name: installation, networks: {deny: [192.0.2.0/24]}}
  - {name: team payments, models: {allow: ["group:cheap"]}}
  - {name: application shop, services: {allow: [weather]}}
  - {name: token ci, hours: {zone: Europe/Berlin, windows: ["mon-fri 09:00-17:30"]}, scopes: [generate, services]}
  - {name: plan interns, parameters: {output_tokens_max: 100, streaming_only: true}}
"""


@pytest.fixture
def applied(plane: ControlPlane) -> ControlPlane:
    """A control plane to which the document was applied."""
    plane.plans.create(NewPlan("interns"), ACTOR)
    plane.configuration.apply(DOCUMENT, ACTOR, dry_run=False)
    return plane


def test_rights_are_in_force_and_applying_again_changes_nothing(applied: ControlPlane) -> None:
    snapshot = applied.policy.read_snapshot()
    assert snapshot.rights.networks.deny == ("192.0.2.0/24",)
    assert [owner.rights.models.allow for owner in snapshot.owners] == [("group:cheap",)]
    assert snapshot.plans[0].rights.parameters.streaming_only
    assert snapshot.model_groups[0].name == "cheap"
    token = applied.tokens.find_named("ci")
    assert token is not None
    assert applied.policy.token(token.id).rights.scopes == ("generate", "services")
    assert applied.configuration.apply(DOCUMENT, ACTOR, dry_run=False).is_empty


def test_what_is_exported_reads_back(applied: ControlPlane) -> None:
    exported = applied.configuration.export()
    assert "- name: plan interns" in exported
    assert "- weather" in exported
    assert "mon,tue,wed,thu,fri 09:00-17:30" in exported
    assert applied.configuration.apply(exported, ACTOR, dry_run=True).is_empty


def test_an_entry_says_all_rights_of_its_owner(applied: ControlPlane) -> None:
    """What was there and is not in the entry is gone, and is shown as a change of its fields."""
    text = "{version: 1, rights: [{name: token ci, scopes: [embed]}]}"
    changes = applied.configuration.apply(text, ACTOR, dry_run=False)
    paths = {(change.kind, field.path) for change in changes.changes for field in change.fields}
    assert paths == {("rights", "scopes"), ("rights", "hours")}
    assert applied.configuration.apply(text, ACTOR, dry_run=True).is_empty


def test_absent_silences_and_a_group_goes_after_those_who_name_it(applied: ControlPlane) -> None:
    text = """
version: 1
model_groups: [{name: cheap, state: absent}]
rights: [{name: team payments, state: absent}, {name: token gone, state: absent}]
"""
    applied.configuration.apply(text, ACTOR, dry_run=False)
    snapshot = applied.policy.read_snapshot()
    assert (snapshot.owners, snapshot.model_groups) == ((), ())
    with pytest.raises(Invalid, match="no token 'gone'"):
        applied.configuration.apply("{version: 1, rights: [{name: token gone}]}", ACTOR, dry_run=True)


def test_faults_are_told_with_their_place(applied: ControlPlane) -> None:
    text = """
version: 1
rights:
  - {name: token ci, models: {allow: ["group:nobody"]}, networks: {deny: [everywhere]}}
  - {name: team payments, services: {allow: [nothing]}}
"""
    with pytest.raises(Invalid) as refused:
        applied.configuration.apply(text, ACTOR, dry_run=True)
    assert [(fault.path, fault.line) for fault in refused.value.faults] == [
        ("/rights/0/models/allow/0", 4),
        ("/rights/0/networks/deny/0", 4),
        ("/rights/1/services/allow/0", 5),
    ]


def test_rights_of_revoked_tokens_are_not_exported(applied: ControlPlane) -> None:
    token = applied.tokens.find_named("ci")
    assert token is not None
    applied.tokens.revoke(token.id, ACTOR)
    assert "token ci" not in applied.configuration.export()
    assert applied.rights.get("token", token.id).rights != ALL_RIGHTS
