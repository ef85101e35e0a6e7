"""Settings survive the way to a child process."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.settings import fields, transfer
from tollway.settings.model import Settings

STRATEGIES = {
    str: st.text(max_size=20),
    int: st.integers(0, 10**12),
    float: st.floats(0, 1e6),
    bool: st.booleans(),
    tuple: st.lists(st.text(max_size=9), max_size=3).map(tuple),
    Path: st.from_regex(r"/[a-z]{1,9}(/[a-z]{1,9}){0,3}", fullmatch=True).map(Path),
}


def value(setting: fields.Setting) -> st.SearchStrategy[object]:
    strategy = st.sampled_from(setting.choices) if setting.choices else STRATEGIES[setting.kind]
    return st.one_of(st.none(), strategy) if setting.is_optional else strategy


@given(st.fixed_dictionaries({setting.key: value(setting) for setting in fields.ALL}))
def test_everything_arrives_as_it_was_sent(values: dict[str, object]) -> None:
    settings = fields.build(values)
    assert transfer.decode(transfer.encode(settings)) == settings


def test_relative_paths_arrive_absolute() -> None:
    assert transfer.decode(transfer.encode(Settings(data=Path("d")))).data == Path("d").absolute()


@pytest.mark.parametrize("raw", [b"", b"\x80\x01", b"\x93", b"\xc1"])
def test_damaged_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        transfer.decode(raw)
