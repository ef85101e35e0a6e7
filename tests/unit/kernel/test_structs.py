"""Structs that are filled in are as they were, but for how their fields are set."""

import msgspec
import pytest

from tollway.adapters.meters.leases import LeasedHold
from tollway.adapters.meters.plan import RowHold
from tollway.gateway.call import Call
from tollway.gateway.room import Hold
from tollway.kernel.structs import filled_in


@filled_in
class Filled(msgspec.Struct, gc=False):
    """One of them."""

    name: str
    count: int = 0


def test_a_field_is_set_and_told_and_nothing_but_fields_can_be():
    filled = Filled("a")
    filled.count = 5
    assert filled == Filled("a", 5) and msgspec.json.encode(filled) == b'{"name":"a","count":5}'
    with pytest.raises(AttributeError):
        filled.other = 1


@pytest.mark.parametrize("kind", [Call, Hold, RowHold, LeasedHold])
def test_those_of_the_usual_call_are_such_and_of_no_concern_to_the_garbage_collector(kind):
    """A frozen struct would be frozen no more; one that is collected could be forgotten by its collector."""
    assert kind.__setattr__ is object.__setattr__
    assert not kind.__struct_config__.frozen and not kind.__struct_config__.gc
