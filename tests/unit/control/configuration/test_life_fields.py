"""What an entry of rotation or of lifetimes states, and what it leaves open."""

import pytest
from msgspec import UNSET

from tollway.control.configuration.fields import Fields
from tollway.control.configuration.life_fields import read_lifetime, read_rotation
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults


def fields(text: str) -> tuple[Fields, Faults]:
    faults = Faults()
    return Fields(read_tree(text), "", faults), faults


def test_what_is_not_stated_is_open() -> None:
    found, faults = fields("{}")
    stated = read_rotation(found)
    assert (stated.scope, stated.every_seconds, stated.webhook, stated.mail_to) == (UNSET, UNSET, UNSET, UNSET)
    assert not faults.found


def test_null_takes_a_bound_away() -> None:
    found, _ = fields("max: null\nidle: 90d")
    rule = read_lifetime(found, "team payments")
    assert (rule.scope, rule.owner) == ("team", "payments")
    assert (rule.default_seconds, rule.max_seconds, rule.idle_seconds) == (UNSET, None, 90 * 86_400)


@pytest.mark.parametrize("name", ["", "team", "team ", "application shop", "installation x"])
def test_a_rule_names_whose_tokens_it_is_for(name: str) -> None:
    found, faults = fields("{}")
    read_lifetime(found, name)
    assert [fault.path for fault in faults.found] == ["/name"]
