"""Differences are told by field."""

from tollway.control.configuration.model import FieldChange
from tollway.control.configuration.shown import find_differences, format_instant


def test_mappings_differ_by_field_and_lists_as_a_whole() -> None:
    before = {"name": "a", "limits": {"rpm": 1, "concurrency": 2}, "models": ["x"]}
    after = {"name": "a", "limits": {"rpm": 2, "concurrency": 2}, "models": ["x", "y"], "priority": 1}
    assert find_differences(before, after) == (  # type: ignore[arg-type]
        FieldChange("limits.rpm", 1, 2),
        FieldChange("models", ["x"], ["x", "y"]),
        FieldChange("priority", None, 1),
    )
    assert find_differences(None, {"name": "a"}) == (FieldChange("name", None, "a"),)
    assert find_differences({"name": "a"}, {"name": "a"}) == ()


def test_instants_are_written_to_the_second() -> None:
    assert format_instant(1_798_761_600_999_999_999) == "2027-01-01T00:00:00Z"
