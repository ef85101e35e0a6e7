"""Rules that are stated in part have the rest as it is built in, at every depth."""

import msgspec
import pytest

from tollway.contract.watching import DEFAULTS
from tollway.control.faults import Invalid
from tollway.control.security.model import DEFAULT_RULES, SecurityRules
from tollway.control.security.stated import read_rules, show_fields, show_own


def test_what_is_left_out_is_as_built_in_and_not_as_its_kind_of_rule_is() -> None:
    """A detector's built-in rule is not the default of its type: to switch its mode must not change its counts."""
    for name in DEFAULTS.__struct_fields__:
        read = read_rules({"thresholds": {name: {"mode": "dry_run"}}})
        assert read.thresholds.rule(name) == msgspec.structs.replace(DEFAULTS.rule(name), mode="dry_run")
    assert read_rules({"leaked": {"mode": "dry_run"}}).leaked.act == "quarantine"
    assert read_rules({}) == DEFAULT_RULES


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"undo_hours": 0},
        {"thresholds": {"many_clients": {"count": 20, "learning_count": 200}}, "leaked": {"act": "notify"}},
        {"thresholds": {"spike": {"factor": 2.5}, "decoy_used": {"mode": "off"}}},
    ],
)
def test_what_differs_is_shown_and_reads_back_the_same(stated: dict) -> None:
    rules = read_rules(stated)
    assert show_own(rules) == stated
    assert read_rules(show_fields(rules)) == rules
    assert msgspec.json.decode(msgspec.json.encode(rules), type=SecurityRules) == rules, "stored as it was stated"


@pytest.mark.parametrize(
    ("stated", "faults"),
    [
        ({"undo_hours": "x", "colour": 1}, {"/undo_hours", "/colour"}),
        ({"thresholds": {"spike": {"requests": 1.5, "factor": 0}, "none": {}}},
         {"/thresholds/spike/requests", "/thresholds/spike/factor", "/thresholds/none"}),
        ({"thresholds": []}, {"/thresholds"}),
        ({"leaked": {"act_most": "shout"}}, {"/leaked/act_most"}),
        ({"a.b": 1}, {"/a.b"}),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_place(stated: dict, faults: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        read_rules(stated)
    assert {fault.path for fault in caught.value.faults} == faults
