"""What a hold charges, and that no lie of an upstream can break a sum."""

from tollway.contract.records import Charge
from tollway.gateway.room import AMOUNT_MAX, NO_CLAIMS, OUTPUT_TOKENS, Amounts, Claims, Hold, clamp

GRANTED: Amounts = (500, 10, 20, 30, 0, 1)
USED: Amounts = (120, 9, 8, 17, 0, 1)


def test_what_a_call_used_is_charged_to_each_meter_in_its_unit_and_in_the_period_it_was_held_in() -> None:
    held = (Charge("tok", "b1", 10, 500), Charge("app", "b2", 20, 20), Charge("tok", "uses", 0, 1))
    hold = Hold(1, Claims(units=(0, OUTPUT_TOKENS, 5)), GRANTED, held)
    used = Charge("tok", "b1", 10, 120), Charge("app", "b2", 20, 8), Charge("tok", "uses", 0, 1)
    assert hold.charge(USED) == used == hold.charges
    assert hold.granted_nanos == 500


def test_charging_the_same_again_or_charging_without_a_meter_changes_nothing() -> None:
    hold = Hold(1, Claims(units=(0,)), GRANTED, (Charge("tok", "b1", 10, 500),))
    charged = hold.charge(USED)
    assert hold.charge(USED) is charged and hold.used is USED
    assert Hold(-1, NO_CLAIMS, GRANTED).charge(USED) == ()


def test_amounts_out_of_range_are_counted_within_it() -> None:
    assert clamp(USED) is USED
    assert clamp((-5, 2**70, 3, 2**70, 0, 1)) == (0, AMOUNT_MAX, 3, AMOUNT_MAX, 0, 1)
