"""Who sees whose rights: one's own, those of one's teams, or everybody's."""

from tollway.control.access.model import EVERYWHERE, Reach, Sight
from tollway.control.rights.ports import NoPublishedRights, Owner, sees

MINE = Sight(Reach.OWN, "user_1", frozenset({"team_1"}))
OURS = Sight(Reach.TEAM, "user_1", frozenset({"team_1"}))


def test_a_persons_rights_are_seen_by_them_and_by_all_who_see_everything() -> None:
    assert sees(MINE, "user", "user_1", Owner("Ada"))
    assert not sees(OURS, "user", "user_2", Owner("Bob"))
    assert sees(EVERYWHERE, "user", "user_2", Owner("Bob"))


def test_a_teams_rights_are_seen_in_the_team() -> None:
    assert sees(OURS, "team", "team_1", Owner("shop"))
    assert not sees(MINE, "team", "team_1", Owner("shop"))
    assert not sees(OURS, "team", "team_2", Owner("bank"))


def test_tokens_and_applications_are_seen_by_owner_and_team() -> None:
    assert sees(MINE, "token", "t", Owner("ci", owner_id="user_1"))
    assert not sees(MINE, "token", "t", Owner("ci", owner_id="user_2", team_id="team_1"))
    assert sees(OURS, "application", "app", Owner("web", team_id="team_1"))
    assert not sees(OURS, "installation", "installation", Owner("all"))


def test_a_source_without_rights_has_none() -> None:
    source = NoPublishedRights()
    assert source.many("token", ["a"]) == {}
    assert source.of_level("team") == source.groups() == ()
    assert source.find_name("team", "team_1") is None
