"""Plans and limits of levels in a configuration document: applied, exported, applied again without a change."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.accounts.model import NewUser
from tollway.control.faults import Invalid

DOCUMENT = """
version: 1
teams: [{name: payments}]
plans:
  - name: interns
    description: for the summer
    limits:
      rpm: 60
      budgets:
        - {name: month, limit: 20, period: month, zone: Europe/Paris, alert_percents: [50, 100]}
        - {tokens: 2M, window: 24h, soft: true, models: ["gpt-*"]}
      limits:
        - {measure: bytes, amount: 1G, period: day}
        - {measure: cost, amount: "0.25", window: 1h}
        - {measure: concurrency, amount: 4, soft: true}
applications: [{name: shop, team: payments, plan: interns}]
tokens: [{name: ci, plan: interns, expires: never}]
limits:
  - {name: installation, limits: {rpm: 6000}}
  - {name: team payments, limits: {budget: 200/month}}
"""


def test_plans_and_limits_are_applied_and_exported_unchanged(plane: ControlPlane) -> None:
    changes = plane.configuration.apply(DOCUMENT, ACTOR, dry_run=False)
    assert [(change.kind, change.name) for change in changes.changes if change.kind in ("plan", "limits")] == [
        ("plan", "interns"), ("limits", "installation"), ("limits", "team payments"),
    ]  # fmt: skip
    plan = plane.plans.find_named("interns")
    assert plan is not None
    assert [limit.measure for limit in plan.limits.every()] == [
        "requests", "cost", "total_tokens", "bytes", "cost", "concurrency",
    ]  # fmt: skip
    token = plane.tokens.find_named("ci")
    assert token is not None
    assert token.plan_id == plan.id
    assert plane.policy.read_snapshot().limits.requests[0].requests == 6_000
    exported = plane.configuration.export()
    assert plane.configuration.apply(exported, ACTOR, dry_run=True).is_empty, exported
    assert plane.configuration.apply(DOCUMENT, ACTOR, dry_run=True).is_empty


def test_absent_takes_limits_away_and_deletes_a_plan_that_nobody_has(plane: ControlPlane) -> None:
    plane.configuration.apply(DOCUMENT, ACTOR, dry_run=False)
    gone = """
version: 1
plans: [{name: interns, state: absent}]
applications: [{name: shop, plan: null}]
tokens: [{name: ci, plan: null}]
limits: [{name: team payments, state: absent}, {name: team nobody, state: absent}, {name: model gone, state: absent}]
"""
    plane.configuration.apply(gone, ACTOR, dry_run=False)
    assert plane.plans.find_named("interns") is None
    assert [item.level for _, item in plane.levels.all()] == ["global"]


def test_everybody_who_can_have_limits_is_named_by_level_and_name(plane: ControlPlane) -> None:
    document = """
version: 1
providers: [{name: openai, kind: openai, models: [gpt-4o]}]
services: [{name: maps, path_prefix: /maps, base_url: "https://maps.example"}]
limits:
  - {name: service maps, limits: {rpm: 1}}
  - {name: provider openai, limits: {rpm: 2}}
  - {name: model gpt-4o, limits: {rpm: 3}}
  - {name: user Ada, limits: {rpm: 4}}
"""
    plane.accounts.invite(NewUser("ada", "developer"), ACTOR)
    plane.configuration.apply(document, ACTOR, dry_run=False)
    held = {(item.level, name): item.limits.requests[0].requests for name, item in plane.levels.all()}
    assert held == {("service", "maps"): 1, ("provider", "openai"): 2, ("model", "gpt-4o"): 3, ("user", "ada"): 4}
    assert plane.configuration.apply(plane.configuration.export(), ACTOR, dry_run=True).is_empty
    gone = "limits: [{name: service maps, state: absent}, {name: provider openai, limits: {rpm: 5}}]"
    plane.configuration.apply(f"version: 1\n{gone}\n", ACTOR, dry_run=False)
    held = {(item.level, name): item.limits.requests[0].requests for name, item in plane.levels.all()}
    assert held == {("provider", "openai"): 5, ("model", "gpt-4o"): 3, ("user", "ada"): 4}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("limits: [{name: planet mars, limits: {rpm: 1}}]", "/limits/0/name"),
        ("limits: [{name: team nobody, limits: {rpm: 1}}]", "/limits/0/name"),
        ("limits: [{name: model nobody, limits: {rpm: 1}}]", "/limits/0/name"),
        ("limits: [{name: user nobody, limits: {rpm: 1}}]", "/limits/0/name"),
        ("tokens: [{name: ci, plan: nobody}]", "/tokens/0/plan"),
        ("plans: [{name: p, limits: {budgets: [{limit: 5}]}}]", "/plans/0/limits/budgets/0"),
        ("plans: [{name: p, limits: {limits: [{measure: words, amount: 5}]}}]", "/plans/0/limits/limits/0"),
        ("plans: [{name: p, limits: {limits: [{measure: bytes, amount: 5, period: year}]}}]",
         "/plans/0/limits/limits/0/period"),
        ("plans: [{name: p, limits: {budgets: [{limit: 5, period: day, alert_percents: [x]}]}}]",
         "/plans/0/limits/budgets/0/alert_percents"),
    ],
)  # fmt: skip
def test_faults_have_their_place(plane: ControlPlane, text: str, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        plane.configuration.apply(f"version: 1\n{text}\n", ACTOR, dry_run=False)
    assert path in [fault.path for fault in caught.value.faults]
