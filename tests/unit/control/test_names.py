"""Names: printable, bounded, and slugs where they become part of a model's name."""

import pytest

from tollway.control.faults import Faults
from tollway.control.names import check_name, check_slug


@pytest.mark.parametrize(
    ("name", "is_good"),
    [("Größe 1", True), ("", False), ("x" * 101, False), (" x", False), ("a\u202eb", False), ("a\nb", False)],
)
def test_names(name: str, is_good: bool) -> None:
    faults = Faults()
    check_name(name, "/name", faults)
    assert bool(faults.found) is not is_good


@pytest.mark.parametrize(
    ("name", "is_good"), [("openai-2.x_y", True), ("Open", False), ("a/b", False), ("", False), ("-a", False)]
)
def test_slugs(name: str, is_good: bool) -> None:
    faults = Faults()
    check_slug(name, "/name", faults)
    assert bool(faults.found) is not is_good
