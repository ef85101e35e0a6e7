"""What an entry of security rules or of decoys states, and where its faults are."""

import pytest
from msgspec import UNSET

from tollway.control.configuration.fields import Fields
from tollway.control.configuration.security_fields import read_decoy, read_security
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults
from tollway.control.security.model import DEFAULT_RULES


def fields(text: str) -> tuple[Fields, Faults]:
    faults = Faults()
    return Fields(read_tree(text), "", faults), faults


def test_what_is_not_stated_is_built_in() -> None:
    found, faults = fields("{}")
    entry = read_security(found, "team payments")
    assert (entry.team, entry.rules, entry.state) == ("payments", DEFAULT_RULES, UNSET)
    assert read_decoy(found, "key").place is UNSET
    assert not faults.found


def test_whole_numbers_stay_whole_and_shares_are_read() -> None:
    found, faults = fields("thresholds: {error_share: {share: 0.25, calls: 10}}")
    rule = read_security(found, "installation").rules.thresholds.error_share
    assert (rule.share, rule.calls, rule.targets) == (0.25, 10, 8)
    assert not faults.found


@pytest.mark.parametrize("name", ["", "team", "team ", "application shop", "installation x"])
def test_rules_name_whose_they_are(name: str) -> None:
    found, faults = fields("{}")
    read_security(found, name)
    assert [fault.path for fault in faults.found] == ["/name"]


def test_all_faults_of_an_entry_are_found_together() -> None:
    found, faults = fields("undo_hours: [1]\nthresholds: {spike: {factor: 0, colour: red}}\nleaked: null")
    read_security(found, "installation")
    places = {fault.path for fault in faults.found}
    assert places == {"/undo_hours", "/thresholds/spike/factor", "/thresholds/spike/colour", "/leaked"}
