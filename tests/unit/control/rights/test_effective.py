"""What is explained is what workers decide: the same ways to the same models, and the same levels."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.adapters.sandbox_transport import build_any_destination
from tollway.contract.policy import Snapshot
from tollway.contract.rights import NameRights, NetworkRights, Rights
from tollway.control.rights.effective import Asked, find_ways
from tollway.control.rights.model import RightsChange
from tollway.control.services.model import NewService
from tollway.control.tokens.model import NewToken
from tollway.control.upstreams.model import ConnectionChange, ModelOffer, NewProvider
from tollway.gateway.snapshot import compile_snapshot
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret


def published(plane: ControlPlane) -> Snapshot:
    """Publish two providers, one of which serves everything, and return the snapshot."""
    secret = (Secret("sk-x"),)
    offers = (ModelOffer("gpt-4o", None, 0, None), ModelOffer("fast", "gpt-4o-mini", 0, None))
    plane.providers.create(NewProvider("first", "openai", credentials=secret, models=offers), ACTOR)
    plane.providers.create(NewProvider("second", "openai", credentials=secret, priority=200), ACTOR)
    return plane.policy.read_snapshot()


@pytest.mark.parametrize(
    "name",
    ["gpt-4o", "fast", "second/gpt-4o", "second/anything", "anything", "first/fast", "nobody/x", "sandbox-small"],
)
def test_ways_are_those_that_workers_find(plane: ControlPlane, name: str) -> None:
    snapshot = published(plane)
    compiled = compile_snapshot(snapshot, box=plane.keys, build_destination=build_any_destination)
    model = compiled.find_model(name)
    found = [] if model is None else [(route.provider.name, route.upstream_model) for route in model.routes]
    assert [(way.provider, way.upstream_model) for way in find_ways(snapshot, name, "live")] == found


def test_a_way_that_may_not_be_used_is_shown_with_its_reason(plane: ControlPlane) -> None:
    published(plane)
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    plane.rights.change("token", token.id, RightsChange(models=NameRights(deny=("second/*",))), ACTOR)
    verdict = plane.effective.judge(token.id, Asked(model="gpt-4o"))
    assert verdict.is_allowed
    assert [(way.provider, bool(way.reason)) for way in verdict.ways] == [("first", False), ("second", True)]
    none_left = plane.effective.judge(token.id, Asked(model="second/gpt-4o"))
    assert (none_left.is_allowed, none_left.code, none_left.rule) == (
        False,
        "token.model_denied",
        "models.deny: second/*",
    )


def test_a_model_whose_every_way_is_denied_is_refused_with_each_ways_reason(plane: ControlPlane) -> None:
    published(plane)
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    plane.rights.change("token", token.id, RightsChange(models=NameRights(deny=("first/*", "second/*"))), ACTOR)
    verdict = plane.effective.judge(token.id, Asked(model="gpt-4o"))
    assert (verdict.is_allowed, verdict.code) == (False, "token.model_denied")
    assert [(way.provider, bool(way.reason)) for way in verdict.ways] == [("first", True), ("second", True)]


def test_what_is_not_there_and_what_asks_for_no_model_are_told_as_workers_do(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token

    def judge(path: str) -> str:
        verdict = plane.effective.judge(token.id, Asked(method="GET", path=path))
        assert verdict.is_allowed == (verdict.code == "")
        return verdict.code

    assert judge("/v1/nothing") == "route.not_found"
    assert judge("/nowhere/at/all") == "route.not_found"
    assert judge("/a/../b") == "request.path"
    assert judge("/v1/models") == ""
    elsewhere = NewService("crm", "/crm", ConnectionChange("http://10.0.0.1"), environment="test")
    plane.services.create(elsewhere, ACTOR)
    assert judge("/crm/x") == "token.environment"


def test_what_only_watches_is_told(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    watch = NetworkRights(allow=("10.0.0.0/8",), mode="watch")
    plane.rights.change("token", token.id, RightsChange(networks=watch), ACTOR)
    verdict = plane.effective.judge(token.id, Asked(model="sandbox-small", address="192.0.2.1"))
    assert (verdict.is_allowed, verdict.watched) == (True, "`networks.allow` in the rights of the token `ci`")


def test_every_source_is_named_in_order(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci", models=("a",)), ACTOR).token
    for level, owner_id in (("token", token.id), ("installation", "installation")):
        plane.rights.change(level, owner_id, RightsChange(scopes=("generate",)), ACTOR)  # type: ignore[arg-type]
    sources = plane.effective.sources(token.id)
    assert [(source.level, source.name) for source in sources] == [
        ("installation", ""),
        ("token", "ci"),
        ("lists", "ci"),
    ]
    assert sources[2].rights == Rights(models=NameRights(("a",)))


def test_of_tokens_out_of_sight_nothing_is_told(plane: ControlPlane) -> None:
    with pytest.raises(TollwayError, match="no such token"):
        plane.effective.sources("aaaaaaaaaaaa")
