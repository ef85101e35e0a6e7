"""Who used a token, from where, and with which of its secrets. Pure but for what was seen before.

Only calls that the token was let into count as uses; what was refused for the token's own state is a call of the
token, and no use of it.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import TypeVar

from msgspec import structs

from tollway.contract.ledger_api import ADDRESSES_KEPT, AddressUse, LastUse, SecretUse
from tollway.contract.records import CloseRecord, decode
from tollway.ledger.cells import Counted
from tollway.ledger.rollups import clean_text

Used = TypeVar("Used", LastUse, AddressUse)

EMPTY_TEXT = 0xA0
"""The last byte of a record whose last field, `old_secret`, is empty (MessagePack: a text of no bytes)."""
SEEN_MAX = 20_000


def find_old_secret(body: bytes) -> CloseRecord | None:
    """Return the record of a call with a replaced secret, None for all others, which are nearly all.

    Only records that do not end in an empty text are decoded: those, and some of older programs.
    """
    if body[-1] == EMPTY_TEXT:
        return None
    record = decode(body)
    return record if isinstance(record, CloseRecord) and record.old_secret.isdecimal() else None


def last_uses(cells: Iterable[Counted]) -> list[LastUse]:
    """Return one row for each token that was used."""
    used: dict[str, LastUse] = {}
    for cell in cells:
        token_id = cell.group.token
        if not token_id or not cell.is_use:
            continue
        use = LastUse(token_id, min(cell.starts), max(cell.starts), cell.address, cell.agent, len(cell.starts))
        known = used.get(token_id)
        used[token_id] = use if known is None else _both(known, use)
    return list(used.values())


def address_uses(cells: Iterable[Counted]) -> list[AddressUse]:
    """Return one row for each token and address, of each token the ADDRESSES_KEPT used last."""
    used: defaultdict[str, dict[str, AddressUse]] = defaultdict(dict)
    for cell in cells:
        token_id, address = cell.group.token, cell.address
        if not token_id or not address or not cell.is_use:
            continue
        use = AddressUse(token_id, address, min(cell.starts), max(cell.starts), cell.agent, len(cell.starts))
        by_address = used[token_id]
        known = by_address.get(address)
        by_address[address] = use if known is None else _both(known, use)
    uses: list[AddressUse] = []
    for by_address in used.values():
        if len(by_address) > ADDRESSES_KEPT:
            uses += sorted(by_address.values(), key=lambda use: use.last_ns)[-ADDRESSES_KEPT:]
        else:
            uses += by_address.values()
    return uses


def _both(one: Used, other: Used) -> Used:
    """Return two uses as one: of what each says beside times and calls, that of the last."""
    last = other if other.last_ns > one.last_ns else one
    return structs.replace(last, first_ns=min(one.first_ns, other.first_ns), calls=one.calls + other.calls)


def secret_uses(records: Iterable[CloseRecord]) -> list[SecretUse]:
    """Return one row for each token and replaced secret that was used."""
    by_secret: defaultdict[tuple[str, str], list[CloseRecord]] = defaultdict(list)
    for record in records:
        if record.outcome != "refused" or record.status != 401:
            by_secret[clean_text(record.token_id), clean_text(record.old_secret)].append(record)
    uses: list[SecretUse] = []
    for (token_id, generation), found in by_secret.items():
        last = max(found, key=lambda record: record.started_ns)
        uses.append(
            SecretUse(
                token_id,
                generation,
                min(record.started_ns for record in found),
                last.started_ns,
                clean_text(last.client_address),
                clean_text(last.client_agent),
                len(found),
            )
        )
    return uses


class SeenAddresses:
    """The (token, address) pairs seen lately, at most SEEN_MAX: a pair that is not among them may be one too many."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def find_crowded(self, uses: Iterable[AddressUse]) -> list[str]:
        """Return the tokens with an address that was not seen lately, and remember all of them."""
        seen = self._seen
        crowded: dict[str, None] = {}
        for use in uses:
            key = (use.token_id, use.address)
            if key not in seen:
                crowded[use.token_id] = None
            seen[key] = None
            seen.move_to_end(key)
        while len(seen) > SEEN_MAX:
            seen.popitem(last=False)
        return list(crowded)
