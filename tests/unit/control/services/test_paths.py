"""Path prefixes: one spelling, and none of the gateway's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.faults import Faults
from tollway.control.services.model import RESERVED_PREFIXES
from tollway.control.services.paths import check_path_prefix


def is_taken(prefix: str) -> bool:
    faults = Faults()
    check_path_prefix(prefix, faults)
    return not faults.found


@pytest.mark.parametrize("prefix", ["/orders", "/shop/orders", "/v2", "/v10", "/a.b/~c", "/shop/v1"])
def test_plain_paths_are_taken(prefix: str) -> None:
    assert is_taken(prefix)


@pytest.mark.parametrize(
    "prefix",
    ["", "/", "orders", "/a/", "//a", "/a//b", "/a/../b", "/.", "/a%2fb", "/a b", "/ä", "/a?b", "/a\\b", "/a\n"],
)
def test_other_spellings_are_refused(prefix: str) -> None:
    assert not is_taken(prefix)


@pytest.mark.parametrize("reserved", RESERVED_PREFIXES)
def test_reserved_paths_are_refused_with_everything_below(reserved: str) -> None:
    assert not is_taken(reserved) and not is_taken(f"{reserved}/x") and not is_taken(reserved.upper())
    assert is_taken(f"{reserved}x")


@given(prefix=st.text(max_size=30))
def test_whatever_is_taken_is_canonical(prefix: str) -> None:
    if is_taken(prefix):
        assert prefix.isascii() and prefix.startswith("/") and "//" not in prefix and not prefix.endswith("/")
        assert not {".", ".."} & set(prefix.split("/"))
