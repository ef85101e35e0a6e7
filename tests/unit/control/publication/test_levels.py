"""Plans and limits of levels in a snapshot."""

from tollway.contract.limits import Limits, RequestLimit
from tollway.contract.policy import ModelRecord, OwnerRecord, ProviderRecord, ServiceRecord, Snapshot, Upstream
from tollway.contract.rights import Rights
from tollway.control.limits.model import Level, LevelLimits
from tollway.control.publication.levels import NoLimits, put_levels

LIMITS = Limits(requests=(RequestLimit("lim_1", "rpm", 5, 60),))
UPSTREAM = Upstream("https://a.example")
NAMES = {("user", "user_1"): "ada"}


def find_name(level: Level, owner_id: str) -> str | None:
    return NAMES.get((level, owner_id))


def test_limits_are_put_on_the_records_they_belong_to() -> None:
    rights = Rights(scopes=("embed",))
    snapshot = Snapshot(
        1,
        1,
        1,
        providers=(ProviderRecord("prov_1", "p", "openai", "active", UPSTREAM),),
        services=(ServiceRecord("svc_1", "s", "/s", "active", UPSTREAM),),
        models=(ModelRecord("a/b", ()), ModelRecord("c", ())),
        owners=(OwnerRecord("team", "team_1", "payments", rights),),
    )
    levels: list[tuple[Level, str]] = [
        ("global", "global"), ("provider", "prov_1"), ("service", "svc_1"), ("model", "a/b"), ("model", "gone"),
        ("team", "team_1"), ("user", "user_1"), ("user", "user_gone"),
    ]  # fmt: skip
    found = put_levels(snapshot, (), [LevelLimits(level, owner, LIMITS) for level, owner in levels], find_name)
    assert found.limits == found.providers[0].limits == found.services[0].limits == LIMITS
    assert [(model.name, model.limits.is_empty) for model in found.models] == [("a/b", False), ("c", True)]
    assert found.owners == (
        OwnerRecord("team", "team_1", "payments", rights, LIMITS),
        OwnerRecord("user", "user_1", "ada", limits=LIMITS),
    )


def test_a_snapshot_without_limits_is_as_it_was() -> None:
    snapshot = Snapshot(1, 1, 1, models=(ModelRecord("c", ()),))
    assert put_levels(snapshot, (), [LevelLimits("global", "global", Limits())], find_name) == snapshot


def test_without_limits_nothing_is_published() -> None:
    none = NoLimits()
    assert (none.plans(), none.levels(), none.find_name("team", "team_1")) == ((), (), None)
