"""The size of a page is bounded."""

from tollway.control.paging import PAGE_SIZE_MAX, bound_size


def test_size_is_kept_in_bounds() -> None:
    assert [bound_size(size) for size in (-1, 0, 7, 10**9)] == [1, 1, 7, PAGE_SIZE_MAX]
