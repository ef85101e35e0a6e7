"""Equal names have one key."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.model import name_key


@given(name=st.text())
def test_key_ignores_case_and_compatibility_forms(name: str) -> None:
    assert name_key(name) == name_key(name)
    assert name_key("ＡDMIN") == name_key("admin")
