"""Who limits can be given to."""

from tollway.control.limits.naming import GLOBAL_NAME, NamedOwners


def test_each_level_has_its_own_look_up() -> None:
    owners = NamedOwners({"team": {"team_1": "payments"}.get})
    assert owners.find_name("team", "team_1") == "payments"
    assert owners.find_name("team", "team_2") is None
    assert owners.find_name("user", "team_1") is None
    assert owners.find_name("global", "global") == GLOBAL_NAME
    assert owners.find_name("global", "other") is None
