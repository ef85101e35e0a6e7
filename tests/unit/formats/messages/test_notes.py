"""Every difference that is noted has an explanation, and none is explained that nobody notes."""

import re
from pathlib import Path

import pytest

from tollway.formats.messages import notes

FOLDER = Path(notes.__file__).parent


def test_a_note_is_taken_once():
    taken: list[str] = []
    notes.note(taken, "seed-ignored")
    notes.note(taken, "seed-ignored")
    assert taken == ["seed-ignored"]


def test_a_note_without_explanation_is_a_mistake():
    with pytest.raises(KeyError):
        notes.note([], "something-else")


def test_every_slug_is_short_and_explained_in_one_sentence():
    for slug, sentence in notes.NOTES.items():
        assert re.fullmatch(r"[a-z-]{4,40}", slug)
        assert sentence.endswith(".") and "\n" not in sentence


def test_every_explained_note_is_noted_somewhere():
    text = "".join(file.read_text() for file in FOLDER.glob("*.py") if file.name != "notes.py")
    built = {"metadata-ignored", "prompt-cache-key-ignored", "seed-ignored"}
    assert [slug for slug in notes.NOTES if f'"{slug}"' not in text and slug not in built] == []
