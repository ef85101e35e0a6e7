"""Cursors that only we can make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.faults import Invalid
from tollway.kernel.secret import Secret, SecretRing
from tollway.web.paging import Cursors, PageQuery, place_of

CURSORS = Cursors(SecretRing((1, Secret(b"k" * 32))))


@given(st.tuples(st.integers(0, 2**63 - 1), st.text(max_size=50)), st.text(max_size=50))
def test_a_cursor_gives_back_what_was_put_in(key: tuple[int, str], place: str) -> None:
    assert CURSORS.read(CURSORS.write(place, key), place, tuple[int, str]) == key


@given(st.text(alphabet="ABCabc019_-", max_size=80))
def test_nothing_made_up_is_a_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.read(text, "/x", tuple[int, str])


@pytest.mark.parametrize("place", ["/y", "/x?", ""])
def test_a_cursor_holds_for_its_list_alone(place: str) -> None:
    cursor = CURSORS.write("/x", (1, "a"))
    with pytest.raises(Invalid):
        CURSORS.read(cursor, place, tuple[int, str])
    with pytest.raises(Invalid):
        Cursors(SecretRing((1, Secret(b"other" * 7)))).read(cursor, "/x", tuple[int, str])


def test_a_changed_bit_is_noticed() -> None:
    cursor = CURSORS.write("/x", (1, "a"))
    for index in range(len(cursor) - 1):
        changed = cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]
        with pytest.raises(Invalid):
            CURSORS.read(changed, "/x", tuple[int, str])


def test_a_cursor_of_an_older_shape_is_refused_after_its_mac() -> None:
    with pytest.raises(Invalid, match="older version"):
        CURSORS.read(CURSORS.write("/x", "a"), "/x", tuple[int, str])


@pytest.mark.parametrize(
    "hostile", [{"a": 1}, ["1", "a"], [1, 2], [1, "a", 3], [1.5, "a"], [True, "a"], None], ids=repr
)
def test_r16_what_is_in_a_cursor_is_typed_also_when_its_mac_is_right(hostile: object) -> None:
    """As if the key had leaked, or a default one were in use: the content is still no more than its type."""
    with pytest.raises(Invalid, match="older version"):
        CURSORS.read(CURSORS.write("/x", hostile), "/x", tuple[int, str])


def test_the_place_has_the_filters_and_not_the_page() -> None:
    class Filter(PageQuery):
        state: str | None = None

    assert place_of("/x", Filter(limit=5, cursor="A")) == place_of("/x", Filter())
    assert place_of("/x", Filter(state="a")) != place_of("/x", Filter())
