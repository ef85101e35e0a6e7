"""Faults read as `place: message`, one a line."""

from tollway.settings.faults import Fault, InvalidSettings


def test_all_faults_are_in_the_message() -> None:
    error = InvalidSettings((Fault("a.toml:1 data", "is wrong"), Fault("--workers", "is wrong too")))
    assert str(error) == "a.toml:1 data: is wrong\n--workers: is wrong too"
