"""A console that runs alone has no numbers to show."""

from tollway.control.gateway.ports import NoStats


def test_without_a_source_there_are_no_numbers() -> None:
    assert NoStats().read() == ()
