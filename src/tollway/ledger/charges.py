"""Adds up the charges of calls that are alike, from the bytes of their records.

What identifies a charge is the same in nearly all calls of a cell; only the amounts differ. So the identities are
replaced by their numbers in all calls at once, and what is left are numbers alone, read in one go: a call of eight
limits costs little more than one of one. Where calls differ in what they are charged to, each is read by itself. Pure.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from tollway.contract.records import Charge

SpentKey: TypeAlias = tuple[str, str, int]
"""(owner, budget, start of the period)."""

FEW: Final = 8
"""So few calls are read one by one."""
IDENTITIES_MAX: Final = 15
"""MessagePack says the length of an array of so many, and a number as small, in one byte."""

_key_of = attrgetter("owner_id", "budget_id", "period_start_ns")
_encode = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(tuple[Charge, ...]).decode
_read_numbers = msgspec.msgpack.Decoder(list[int]).decode


def add_charges(raws: Sequence[msgspec.Raw]) -> tuple[dict[SpentKey, int], int]:
    """Return what was spent, from each call's charges as its record has them (empty: none), and in how many calls they
    could not be read, which spent nothing."""
    if len(raws) > FEW:
        spent = _add_alike(raws)
        if spent is not None:
            return spent, 0
    return _add_one_by_one(raws)


def _add_alike(raws: Sequence[msgspec.Raw]) -> dict[SpentKey, int] | None:
    """Return the sums of calls that are all charged to the same, in the same order; None when they are not."""
    try:
        keys: list[SpentKey] = [_key_of(charge) for charge in _read(raws[0])]
        count = len(keys)
        if not 0 < count <= IDENTITIES_MAX or len(set(keys)) < count:
            return None
        numbers = _read_numbers(_array(2 * count * len(raws)) + _numbered(b"".join(raws), keys))
    except ValueError:
        return None
    if numbers[::2] != list(range(count)) * len(raws):
        return None
    return {key: sum(numbers[2 * number + 1 :: 2 * count]) for number, key in enumerate(keys)}


def _numbered(charges: bytes, keys: Sequence[SpentKey]) -> bytes:
    """Return the charges with each identity, and the array's beginning before the first, replaced by its number."""
    before = bytes((0x90 + len(keys),))
    for number, key in enumerate(keys):
        # An array of four, and all of them but the amount.
        identity = before + b"\x94" + b"".join([_encode(part) for part in key])
        charges = charges.replace(identity, bytes((number,)))
        before = b""
    return charges


def _array(length: int) -> bytes:
    return b"\xdd" + length.to_bytes(4, "big")


def _add_one_by_one(raws: Sequence[msgspec.Raw]) -> tuple[dict[SpentKey, int], int]:
    spent: dict[SpentKey, int] = {}
    unread = 0
    for raw in raws:
        try:
            charges = _read(raw) if bytes(raw) else ()
        except ValueError:
            unread += 1
            continue
        for charge in charges:
            key = _key_of(charge)
            spent[key] = spent.get(key, 0) + charge.nanos
    return spent, unread
