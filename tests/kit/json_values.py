"""Hypothesis strategies for JSON: any value, any object."""

from typing import Any

from hypothesis import strategies as st

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value of modest size."""


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have some of the named fields, each with any value."""
    return st.dictionaries(st.sampled_from(names), VALUES, max_size=len(names))
