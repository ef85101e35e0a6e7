"""Rules of the installation and of teams are kept, checked, and known to the ledger by revision."""

import pytest

from kit.control import ACTOR
from kit.security import Security
from tollway.contract.watching import Guessing, Rule, Spike, Thresholds
from tollway.control.security.model import DEFAULT_RULES, SecurityRules
from tollway.kernel.errors import TollwayError

OWN = SecurityRules(Thresholds(spike=Spike(factor=2.5)), undo_hours=0)


def test_a_teams_own_rules_come_before_the_installations_and_those_before_the_built_in(security: Security) -> None:
    rules = security.desk.rules
    assert rules.find("team_a") == DEFAULT_RULES and rules.get("").version == 0
    rules.put("", OWN, ACTOR)
    assert rules.find("team_a") == OWN
    rules.put("team_a", DEFAULT_RULES, ACTOR)
    assert rules.find("team_a") == DEFAULT_RULES and rules.find("team_b") == OWN
    assert [each.team_id for each in rules.all()] == ["", "team_a"]
    rules.remove("team_a", ACTOR)
    rules.remove("team_a", ACTOR)
    assert rules.find("team_a") == OWN
    assert [each for each in security.audited() if each.startswith("security")] == [
        "security.rules",
        "security.rules",
        "security.rules_removed",
    ]
    with pytest.raises(TollwayError, match="no rules of its own"):
        rules.get("team_a")


def test_a_change_needs_the_version_that_was_seen(security: Security) -> None:
    rules = security.desk.rules
    assert rules.put("", OWN, ACTOR, expected_version=0).version == 1
    with pytest.raises(TollwayError) as caught:
        rules.put("", OWN, ACTOR, expected_version=0)
    assert caught.value.code.name == "management.precondition"


@pytest.mark.parametrize(
    "rules",
    [
        SecurityRules(undo_hours=-1),
        SecurityRules(undo_hours=1_000),
        SecurityRules(limit_requests_per_minute=0),
        SecurityRules(Thresholds(scanning=Guessing(act="revoke"))),
        SecurityRules(Thresholds(decoy_used=Rule(act_most="limit"))),
        SecurityRules(Thresholds(spike=Spike(act="quarantine", act_most="limit"))),
    ],
)
def test_rules_that_make_no_sense_are_refused(security: Security, rules: SecurityRules) -> None:
    with pytest.raises(TollwayError) as caught:
        security.desk.rules.put("", rules, ACTOR)
    assert caught.value.code.name == "management.invalid"


def test_rules_that_cannot_be_read_leave_the_built_in_ones_watching(security: Security) -> None:
    from sqlalchemy import update

    from tollway.adapters.storage.security_schema import security_rules

    security.desk.rules.put("", OWN, ACTOR)
    with security.plane.database.write():
        security.plane.database.writing().execute(update(security_rules).values(rules='{"of":"the future"}'))
    assert security.desk.rules.find("") == DEFAULT_RULES
