"""What cannot be expressed is named by its place where that is known, else by its field."""

from tollway.formats.dialect import Inexpressible


def test_the_place_names_better_than_the_field() -> None:
    assert str(Inexpressible("top_k", "Leave it out.")) == "top_k: Leave it out."
    assert str(Inexpressible("turns", "Send text.", at="messages[2]")) == "messages[2]: Send text."
