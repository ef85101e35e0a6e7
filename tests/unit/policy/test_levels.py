"""The chain of a caller: every level that says something, in the order of the levels, and no other."""

import pytest

from tollway.contract.policy import VERSION, ApplicationRecord, OwnerRecord, PlanRecord, Snapshot, TokenRecord
from tollway.contract.rights import HourRights, ModelGroup, NameRights, Rights, Window
from tollway.policy.levels import NO_LEVELS, build_chain, compile_levels, says_something
from tollway.policy.rights import Denied, Question, decide

SAYS = Rights(models=NameRights(deny=("a",)))
SNAPSHOT = Snapshot(
    VERSION,
    1,
    0,
    rights=SAYS,
    plans=(PlanRecord("pln_1", "interns", SAYS), PlanRecord("pln_2", "silent")),
    owners=(
        OwnerRecord("team", "team_1", "shop", SAYS),
        OwnerRecord("team", "team_2", "bank", SAYS),
        OwnerRecord("user", "user_1", "Ada", SAYS),
    ),
    model_groups=(ModelGroup("cheap", ("gpt-4o-mini",)),),
)


def token(**fields) -> TokenRecord:
    """Return a token's record."""
    return TokenRecord(VERSION, "t", b"", 1, "s", "mine", "active", **fields)


def test_levels_come_in_order_each_once() -> None:
    application = ApplicationRecord(VERSION, "app", "web", "team_1", "active", rights=SAYS, plan_id="pln_1")
    mine = token(team_id="team_1", user_id="user_1", rights=SAYS, models=("a",), plan_id="pln_1")
    chain = build_chain(compile_levels(SNAPSHOT), mine, application)
    assert [str(rights.level) for rights in chain] == [
        "the installation",
        "the team `shop`",
        "the user `Ada`",
        "the application `web`",
        "its plan `interns`",
        "the token `mine`",
        "the token `mine`",
        "its plan `interns`",
    ]


def test_an_applications_team_counts_where_the_token_names_another_or_none() -> None:
    application = ApplicationRecord(VERSION, "app", "web", "team_2", "active")
    levels = compile_levels(SNAPSHOT)
    for team_id, expected in ((None, ["bank"]), ("team_1", ["shop", "bank"]), ("team_2", ["bank"])):
        chain = build_chain(levels, token(team_id=team_id), application)
        assert [rights.level.name for rights in chain if rights.level.kind == "team"] == expected


def test_who_says_nothing_is_not_there() -> None:
    bare = compile_levels(Snapshot(VERSION, 1, 0, plans=(PlanRecord("pln_2", "silent"),)))
    assert not bare.is_ruled
    assert build_chain(bare, token(plan_id="pln_2"), None) == ()
    assert build_chain(NO_LEVELS, token(), None) == ()
    assert compile_levels(SNAPSHOT).is_ruled


@pytest.mark.parametrize("of", ["token", "application"])
def test_a_plan_that_is_not_known_permits_nothing(of: str) -> None:
    """What it would have denied, or counted, nobody knows."""
    application = ApplicationRecord(VERSION, "app", "web", "team_1", "active", plan_id="pln_9")
    mine = token(plan_id="pln_9") if of == "token" else token()
    chain = build_chain(compile_levels(SNAPSHOT), mine, application if of == "application" else None)
    denied = decide(chain, Question("generate", ("POST",), ("/v1/chat/completions",), "192.0.2.1"), 0)
    assert isinstance(denied, Denied)
    assert (denied.level.name, denied.rule) == ("pln_9", "the plan is not known")
    assert says_something(mine) or says_something(application)


def test_a_record_says_something_by_its_rights_or_its_plain_lists() -> None:
    assert not says_something(token())
    assert says_something(token(models=()))
    assert says_something(token(services=("svc",)))
    assert says_something(token(rights=SAYS))
    assert says_something(ApplicationRecord(VERSION, "app", "web", "team_1", "active", rights=SAYS))


def test_what_cannot_be_read_is_reported() -> None:
    lost = Rights(hours=HourRights("Mars/Olympus", (Window(0, 0, 60),)))
    levels = compile_levels(Snapshot(VERSION, 1, 0, plans=(PlanRecord("pln_1", "interns", lost),)))
    assert levels.faults() == ["rights of its plan `interns`: there is no time zone 'Mars/Olympus'"]
    assert levels.is_ruled
