"""The state that every entry may ask for."""

import pytest
from msgspec import UNSET

from tollway.control.configuration.entry import read_presence, read_state
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults


def fields(text: str) -> Fields:
    return Fields(read_tree(text), "/teams/0", Faults())


@pytest.mark.parametrize("state", ["active", "disabled", "absent"])
def test_a_state_is_one_of_three(state: str) -> None:
    assert read_state(fields(f"state: {state}")) == state


def test_what_is_not_stated_is_unset_and_what_is_no_state_is_a_fault() -> None:
    assert read_state(fields("name: a")) is UNSET
    wrong = fields("state: asleep")
    assert read_state(wrong) is UNSET and [fault.path for fault in wrong.faults.found] == ["/teams/0/state"]


def test_some_things_cannot_be_switched_off() -> None:
    stated = fields("state: disabled")
    assert read_presence(stated, "a team") == "disabled"
    assert [fault.message for fault in stated.faults.found] == ["a team is active or absent"]
