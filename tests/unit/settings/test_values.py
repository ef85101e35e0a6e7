"""Single values: typed ones are never guessed at, texts are read by the setting's type."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.settings import fields, values

INTEGER = fields.BY_KEY["limits.pipelined_max"]
FLOAT = fields.BY_KEY["timeouts.drain_seconds"]
FLAG = fields.BY_KEY["gateway.sandbox"]
TEXTS = fields.BY_KEY["gateway.cors_origins"]
PATH = fields.BY_KEY["gateway.tls_key"]
CHOICE = fields.BY_KEY["log.level"]


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (INTEGER, " 16 ", 16),
        (fields.BY_KEY["limits.body_bytes_max"], "1_048_576", 1_048_576),
        (FLOAT, "2.5", 2.5),
        (FLOAT, "2", 2.0),
        (FLAG, "off", False),
        (FLAG, "TRUE", True),
        (TEXTS, "", ()),
        (TEXTS, "https://a, https://b,", ("https://a", "https://b")),
        (PATH, "", None),
        (PATH, "/k.pem", Path("/k.pem")),
        (CHOICE, "debug", "debug"),
    ],
)
def test_texts_are_read(setting: fields.Setting, text: str, value: object) -> None:
    read = values.from_text(setting, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("setting", "text", "advice"),
    [
        (INTEGER, "16 B", "whole number"),
        (INTEGER, "1.0", "whole number"),
        (INTEGER, "٣", "whole number"),
        (INTEGER, "0", "between 1 and 1000"),
        (FLOAT, "1e3", "number"),
        (FLOAT, "nan", "number"),
        (FLOAT, "inf", "number"),
        (FLOAT, "30s", "number"),
        (FLAG, "maybe", "true or false"),
        (CHOICE, "loud", "one of debug, info, warning, error"),
    ],
)
def test_other_texts_are_refused_with_advice(setting: fields.Setting, text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        values.from_text(setting, text)


@pytest.mark.parametrize(
    ("setting", "raw"),
    [(INTEGER, "16"), (INTEGER, True), (INTEGER, 1.0), (FLOAT, True), (FLOAT, float("nan")), (FLOAT, float("inf")),
     (FLAG, 1), (TEXTS, "https://a"), (TEXTS, [1]), (TEXTS, [""]), (PATH, 3), (PATH, ""), (PATH, "a\0b"), (CHOICE, 1)],
)  # fmt: skip
def test_typed_values_are_not_guessed_at(setting: fields.Setting, raw: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        values.from_typed(setting, raw)


def test_whole_numbers_do_for_numbers() -> None:
    assert values.from_typed(FLOAT, 3) == 3.0


@given(st.sampled_from(fields.ALL), st.text(max_size=30))
def test_any_text_is_read_or_refused_and_reads_the_same_again(setting: fields.Setting, text: str) -> None:
    try:
        value = values.from_text(setting, text)
    except ValueError:
        return
    if value is not None:
        assert values.from_typed(setting, value) == value


@given(st.sampled_from([s for s in fields.ALL if s.kind is int]), st.integers())
def test_accepted_numbers_are_within_bounds(setting: fields.Setting, number: int) -> None:
    least, most = values.BOUNDS[setting.key]
    try:
        assert least <= values.from_text(setting, str(number)) <= most
    except ValueError:
        assert not least <= number <= most
