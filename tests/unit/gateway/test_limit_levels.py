"""A call needs room at every level: token, application, their plans, user, team, installation, and its target."""

from typing import Any

from tollway.contract.limits import NO_LIMITS, Limit, Limits
from tollway.contract.policy import (
    VERSION,
    ApplicationRecord,
    ModelRecord,
    OwnerRecord,
    PlanRecord,
    ServiceRecord,
    Snapshot,
    TokenRecord,
    Upstream,
)
from tollway.contract.rights import ModelGroup
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.limit_levels import REMEMBERED_MAX, LimitLevels, compile_levels, find_claims
from tollway.gateway.room import NO_CLAIMS, Claims
from tollway.gateway.subjects import Caller


def limits(name: str, **fields: Any) -> Limits:
    return Limits(limits=(Limit(name, name, "requests", 5, window_seconds=60, **fields),))


SERVICE = ServiceRecord("svc", "s", "/s", "active", Upstream("https://x.example"), limits=limits("of-service"))
TOKEN = TokenRecord(
    VERSION, "tok", b"", 1, "s", "t", "active", "app", "team-of-token", limits=limits("own"), user_id="u", plan_id="p"
)
APPLICATION = ApplicationRecord(VERSION, "app", "a", "team-of-app", "active", limits("of-app"), plan_id="q")


def snapshot(**fields: Any) -> Snapshot:
    return Snapshot(VERSION, 1, 1, **fields)


EVERYTHING = snapshot(
    limits=limits("of-installation"),
    plans=(
        PlanRecord("p", "interns", limits=limits("of-plan-p")),
        PlanRecord("q", "apps", limits=limits("of-plan-q", is_soft=True)),
        PlanRecord("r", "nobody's", limits=limits("of-plan-r")),
    ),
    owners=(
        OwnerRecord("user", "u", "ada", limits=limits("of-user")),
        OwnerRecord("team", "team-of-app", "core", limits=limits("of-team")),
        OwnerRecord("team", "team-of-token", "other", limits=limits("of-another-team")),
    ),
    models=(
        ModelRecord("gpt", (), limits=limits("of-model")),
        ModelRecord("openai/*", (), limits=limits("of-catch-all")),
        ModelRecord("openai/free", ()),
    ),
    services=(SERVICE,),
    model_groups=(ModelGroup("large", ("gpt",)),),
)


def found(claims: Claims) -> list[tuple[str, str, str, str]]:
    return [(claim.limit_id, claim.owner_kind, claim.owner_id, claim.plan) for claim in claims.every]


def ask(levels: LimitLevels | None, token: TokenRecord = TOKEN, application: Any = APPLICATION, **to: str) -> Claims:
    own = combine(build_claims(token.limits, "token", token.id), token.limits.unbounded_output)
    return find_claims(levels, Caller(token, application, own), **to)


def test_every_level_counts_and_a_plan_counts_for_its_holder() -> None:
    levels = compile_levels(EVERYTHING)
    assert found(ask(levels, model="gpt", service_id="svc")) == [
        ("own", "token", "tok", ""),
        ("of-plan-p", "token", "tok", "interns"),
        ("of-app", "application", "app", ""),
        ("of-plan-q", "application", "app", "apps"),
        ("of-user", "user", "u", ""),
        ("of-team", "team", "team-of-app", ""),
        ("of-installation", "global", "global", ""),
        ("of-model", "model", "model:gpt", ""),
        ("of-service", "service", "svc", ""),
    ]


def test_without_an_application_the_team_is_the_tokens_own() -> None:
    claims = found(ask(compile_levels(EVERYTHING), application=None))
    assert ("of-another-team", "team", "team-of-token", "") in claims
    assert not any(kind in ("application", "model", "service") for _, kind, *_ in claims)


def test_a_name_that_a_catch_all_serves_counts_for_the_catch_all() -> None:
    levels = compile_levels(EVERYTHING)
    names = [
        [claim.owner_id for claim in ask(levels, model=name).every if claim.owner_kind == "model"]
        for name in ("openai/gpt-5", "openai/free", "other/gpt", "gpt", "gpt-5")
    ]
    assert names == [["model:openai/*"], [], [], ["model:gpt"], []]


def test_when_no_other_level_has_limits_the_callers_own_are_taken_as_they_are() -> None:
    assert compile_levels(snapshot(models=(ModelRecord("gpt", ()),))) is None
    own = combine(build_claims(TOKEN.limits, "token", "tok"))
    assert find_claims(None, Caller(TOKEN, None, own), model="gpt") is own


def test_shares_of_models_count_with_and_without_other_levels() -> None:
    token = TokenRecord(
        VERSION, "tok", b"", 1, "s", "t", "active", limits=limits("share", models=("group:large", "o*"))
    )
    for levels in (None, compile_levels(EVERYTHING)):
        counts = [
            any(claim.limit_id == "share" for claim in ask(levels, token, None, model=model).every)
            for model in ("o3", "gpt", "haiku", "")
        ]
        assert counts == [True, levels is not None, False, False]


def test_what_was_worked_out_is_remembered_for_these_very_records_alone() -> None:
    levels = compile_levels(EVERYTHING)
    assert levels is not None
    claims = ask(levels, model="gpt")
    assert ask(levels, model="gpt") is claims
    for number in range(REMEMBERED_MAX + 1):
        ask(levels, model=f"m{number}")
    assert len(levels._found) == REMEMBERED_MAX
    renamed = TokenRecord(VERSION, "tok2", b"", 1, "s", "t", "active")
    assert ("own", "token", "tok", "") not in found(ask(levels, renamed, None))


def test_the_nearest_owner_says_what_becomes_of_calls_without_a_bound() -> None:
    plan = PlanRecord("p", "p", limits=Limits(limits=limits("x").limits, unbounded_output="refuse"))
    levels = compile_levels(
        snapshot(plans=(plan,), limits=Limits(limits("y").requests, (), (), "estimate", limits("y").limits))
    )
    assert ask(levels).unbounded_output == "refuse"
    assert (
        ask(levels, application=None, token=TokenRecord(VERSION, "t", b"", 1, "s", "t", "active")).unbounded_output
        == "estimate"
    )
    assert NO_CLAIMS.unbounded_output is None and NO_LIMITS.is_empty
