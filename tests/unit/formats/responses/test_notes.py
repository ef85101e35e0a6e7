"""Every note is explained, and said once."""

import re
from pathlib import Path

import tollway.formats.responses
from tollway.formats.responses.notes import ANSWER_NOTES, NOTES, note


def test_every_note_that_is_given_is_explained_and_the_other_way_round() -> None:
    package = Path(tollway.formats.responses.__file__).parent
    text = "".join(path.read_text() for path in package.glob("*.py") if path.name != "notes.py")
    given = set(re.findall(r'note(?:s_once)?\([a-z_.]*notes, "([a-z0-9-]+)"\)', text))
    assert given | {"response-not-kept"} == {*NOTES, *ANSWER_NOTES}, "but for the one that the gateway gives"
    assert all(text.endswith(".") for text in (*NOTES.values(), *ANSWER_NOTES.values()))


def test_a_note_is_given_once() -> None:
    notes: list[str] = []
    note(notes, "a")
    note(notes, "a")
    assert notes == ["a"]
