"""An actor's text says what kind of actor it is, so that a user cannot pass for the operator."""

from tollway.control.actor import OPERATOR, SETUP, Actor


def test_kinds_are_told_apart() -> None:
    assert [str(actor) for actor in (Actor("operator", "user"), OPERATOR, SETUP)] == [
        "user:operator",
        "local:operator",
        "setup:setup",
    ]
