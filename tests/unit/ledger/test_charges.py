"""What calls spend is the same, whether their charges are read at once or one by one."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.records import Charge, encode
from tollway.ledger.charges import FEW, IDENTITIES_MAX, _add_alike, _add_one_by_one, add_charges

nanos = st.one_of(st.integers(0, 300), st.integers(0, 2**53), st.integers(-(2**31), 2**63 - 1))
keys = st.tuples(st.sampled_from(["tokA", "app_1", "é" * 20, ""]), st.text(max_size=40), st.integers(0, 2**62))


def raw(*charges: Charge) -> msgspec.Raw:
    return msgspec.Raw(encode(charges))


@given(st.lists(keys, max_size=IDENTITIES_MAX + 2), st.data())
def test_calls_that_are_charged_to_the_same_are_added_up_at_once(identities, data):
    calls = data.draw(
        st.lists(
            st.lists(nanos, min_size=len(identities), max_size=len(identities)), min_size=FEW + 1, max_size=FEW + 20
        )
    )
    raws = [raw(*(Charge(*key, amount) for key, amount in zip(identities, amounts, strict=True))) for amounts in calls]
    wanted: dict[tuple[str, str, int], int] = {}
    for amounts in calls:
        for key, amount in zip(identities, amounts, strict=True):
            wanted[key] = wanted.get(key, 0) + amount
    assert add_charges(raws) == (wanted, 0)
    if 0 < len(identities) <= IDENTITIES_MAX and len(set(identities)) == len(identities):
        assert _add_alike(raws) == wanted


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1, 2]), nanos), max_size=4), max_size=30))
def test_calls_that_are_charged_to_others_are_added_up_one_by_one(calls):
    raws = [raw(*(Charge(owner, "b", start, amount) for owner, start, amount in each)) for each in calls]
    assert add_charges(raws) == _add_one_by_one(raws)


def test_the_same_charges_in_another_order_are_told_apart():
    one, other = Charge("tokA", "day", 1, 5), Charge("tokA", "month", 1, 70)
    raws = [raw(one, other)] * 20 + [raw(other, one)]
    assert _add_alike(raws) is None
    assert add_charges(raws) == ({("tokA", "day", 1): 21 * 5, ("tokA", "month", 1): 21 * 70}, 0)


def test_what_cannot_be_read_is_counted_and_the_rest_added_up():
    good = raw(Charge("tokA", "day", 1, 5))
    bad = [msgspec.Raw(encode(value)) for value in (7, "text", [["tokA", "day", 1]], [["tokA", "day", 1, "5"]])]
    for count in (2, 20):
        assert add_charges([*bad, *[good] * count, msgspec.Raw(), raw()]) == ({("tokA", "day", 1): 5 * count}, len(bad))
        assert add_charges([*[good] * count, *bad]) == ({("tokA", "day", 1): 5 * count}, len(bad))
