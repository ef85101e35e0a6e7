"""What stands for a source that has nothing says nothing, whatever it is asked."""

from tollway.control.publication.ports import NoEpochs


def test_without_epochs_there_is_nothing_to_publish() -> None:
    assert NoEpochs().all() == ()
