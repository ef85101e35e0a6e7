"""Each note is a slug with one sentence."""

import re

from tollway.formats.chat.notes import NOTES, note


def test_each_slug_is_explained_in_one_sentence():
    assert list(NOTES) == sorted(NOTES)
    for slug, sentence in NOTES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", slug)
        assert sentence.endswith(".") and sentence[0].isupper()


def test_a_note_is_made_once():
    notes: list[str] = []
    note(notes, "texts-joined")
    note(notes, "texts-joined")
    assert notes == ["texts-joined"]
