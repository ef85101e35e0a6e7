"""What stands for a source that has nothing says nothing, whatever it is asked."""

from tollway.control.publication.ports import NoEpochs, NoLimits


def test_without_epochs_and_limits_there_is_nothing_to_publish() -> None:
    assert NoEpochs().all() == ()
    limits = NoLimits()
    assert (limits.plans(), limits.levels()) == ((), ())
    assert limits.find_name("team", "team_1") is None
