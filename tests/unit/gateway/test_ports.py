"""What a hold charges."""

from tollway.contract.records import Charge
from tollway.gateway.ports import Hold


def test_what_a_call_costs_is_charged_to_each_budget_in_the_period_it_was_held_in():
    hold = Hold(1, (), 500, (Charge("tok", "b1", 10, 500), Charge("app", "b2", 20, 500)))
    assert hold.charge(120) == (Charge("tok", "b1", 10, 120), Charge("app", "b2", 20, 120)) == hold.charges


def test_charging_what_was_held_or_charging_without_a_budget_changes_nothing():
    held = (Charge("tok", "b1", 10, 500),)
    assert Hold(1, (), 500, held).charge(500) is held
    assert Hold(-1, (), 500, ()).charge(120) == ()
