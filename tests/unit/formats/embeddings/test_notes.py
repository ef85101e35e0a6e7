"""Each note is a slug with one sentence."""

import re

from tollway.formats.embeddings.notes import NOTES


def test_each_slug_is_explained_in_one_sentence():
    for slug, sentence in NOTES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", slug) and sentence.endswith(".")
