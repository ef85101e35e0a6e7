"""The generation of a model is read from its name."""

import pytest

from tollway.formats.gemini.generation import NEWEST, generation


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-2.5-flash", 2.5),
        ("gemini-3-flash-preview", 3.0),
        ("models/gemini-3.6-flash", 3.6),
        ("publishers/google/models/gemini-2.0-flash-exp", 2.0),
        ("gemini-1.5-pro-002", 1.5),
        ("gemini-flash-latest", NEWEST),
        ("gemini-2024-special", NEWEST),
        ("tunedModels/mine", NEWEST),
    ],
)
def test_the_number_after_the_family_counts(model, expected):
    assert generation(model) == expected
