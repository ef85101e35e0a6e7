"""Who used a token, from where, and with which of its secrets. Pure but for what was seen before.

Only calls that the token was let into count as uses; what was refused for the token's own state is a call of the
token, and no use of it.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence

from tollway.contract.ledger_api import ADDRESSES_KEPT, AddressUse, LastUse, SecretUse
from tollway.contract.records import CloseRecord, decode
from tollway.ledger.rollups import CallFacts, clean_text

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


def last_uses(by_token: dict[str, list[CallFacts]]) -> list[LastUse]:
    """Return one row for each token that was used."""
    uses: list[LastUse] = []
    for token_id, found in by_token.items():
        starts = [facts.started_ns for facts in found]
        last_ns = max(starts)
        last = found[starts.index(last_ns)]
        address, agent = clean_text(last.client_address), clean_text(last.client_agent)
        uses.append(LastUse(token_id, min(starts), last_ns, address, agent, len(found)))
    return uses


def address_uses(by_token: dict[str, list[CallFacts]]) -> list[AddressUse]:
    """Return one row for each token and address, of each token the ADDRESSES_KEPT used last."""
    uses: list[AddressUse] = []
    for token_id, found in by_token.items():
        by_address: defaultdict[str, list[CallFacts]] = defaultdict(list)
        for facts in found:
            by_address[facts.client_address].append(facts)
        rows = [_of_address(token_id, address, calls) for address, calls in by_address.items() if address]
        uses += sorted(rows, key=lambda use: use.last_ns)[-ADDRESSES_KEPT:]
    return uses


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


def group_by_token(calls: Iterable[tuple[str, Sequence[CallFacts]]]) -> dict[str, list[CallFacts]]:
    """Return the uses of each token out of (token, calls) pairs; calls without a token are left out."""
    by_token: defaultdict[str, list[CallFacts]] = defaultdict(list)
    for token_id, found in calls:
        if token_id:
            used = [facts for facts in found if facts.is_use]
            if used:
                by_token[token_id] += used
    return by_token


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


def _of_address(token_id: str, address: str, calls: Sequence[CallFacts]) -> AddressUse:
    last = max(calls, key=lambda facts: facts.started_ns)
    first_ns = min(facts.started_ns for facts in calls)
    agent = clean_text(last.client_agent)
    return AddressUse(token_id, clean_text(address), first_ns, last.started_ns, agent, len(calls))
