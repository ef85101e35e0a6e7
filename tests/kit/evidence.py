"""What a data directory says happened, read without the product: records, charges, tokens."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tollway.adapters.meters import MeterState, open_meters, read_boot_id
from tollway.adapters.policy_store import LMDBPolicyStore
from tollway.adapters.storage.call_packs import unpack
from tollway.contract.policy import decode_application, decode_snapshot, decode_token
from tollway.contract.records import CloseRecord, decode
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.limit_levels import LimitLevels, find_claims
from tollway.gateway.subjects import Caller


@dataclass(frozen=True)
class Books:
    """The ledger's calls that were opened, by trace; what it charged by budget owner; the databases' own verdict."""

    calls: dict[str, list[CloseRecord]]
    refused: list[CloseRecord]
    spent: dict[str, int]
    open_calls: int
    integrity: tuple[str, ...]

    @property
    def opened(self) -> list[CloseRecord]:
        """All calls that were sent."""
        return [record for records in self.calls.values() for record in records]


def read_books(data: Path) -> Books:
    """Read the databases of a stopped installation."""
    calls: dict[str, list[CloseRecord]] = defaultdict(list)
    refused = []
    with open_database(data / "ledger.db") as ledger:
        rows = ledger.execute("SELECT started_ns, request_id, body FROM calls")
        for body in (body for row in rows for _, _, body in unpack(*row)):
            record = decode(body)
            assert isinstance(record, CloseRecord)
            if record.was_opened:
                calls[record.trace_id].append(record)
            else:
                refused.append(record)
        spent: dict[str, int] = defaultdict(int)
        for owner, nanos in ledger.execute("SELECT owner_id, nanos FROM spent"):
            spent[owner] += nanos
        open_calls = ledger.execute("SELECT count(*) FROM open_calls").fetchone()[0]
    verdicts = []
    for name in ("ledger.db", "config.db"):
        with open_database(data / name) as database:
            verdicts.append(str(database.execute("PRAGMA integrity_check").fetchone()[0]))
    return Books(dict(calls), refused, dict(spent), int(open_calls), tuple(verdicts))


def read_token_states(data: Path) -> dict[str, str]:
    """The state of every token in the config database."""
    with open_database(data / "config.db") as database:
        return dict(database.execute("SELECT id, state FROM tokens"))


class TokenMeters:
    """What the meters hold for one token, read beside the workers. Open one at a time: the meters allow no more."""

    def __init__(self, data: Path, token_id: str) -> None:
        store = LMDBPolicyStore(data / "policy")
        raw = store.view().find_token(token_id)
        store.close()
        assert raw is not None
        self._claims = build_claims(decode_token(raw).limits, "token", token_id)
        self._meters, _ = open_meters(data / "meters.mm", read_boot_id())

    def read(self) -> dict[str, MeterState]:
        """The state of each meter, by what it measures. Sums may be one call apart."""
        return {state.claim.measure: state for state in self._meters.read(self._claims)}

    def is_idle(self) -> bool:
        """Whether nothing is in flight or reserved."""
        return not any(state.reserved for state in self.read().values())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock that every call of the token needs, as a process that was stopped at the wrong moment does."""
        self._meters._locks.lock_stripe(self._claims[0].stripe)
        try:
            yield
        finally:
            self._meters._locks.unlock_stripe(self._claims[0].stripe)

    def close(self) -> None:
        """Leave the meters."""
        self._meters.close()


class CallMeters:
    """What the meters hold that a call of one token for a model counts in, its provider's too."""

    def __init__(self, data: Path, token_id: str, model: str, service_id: str = "") -> None:
        store = LMDBPolicyStore(data / "policy")
        view = store.view()
        token = decode_token(view.find_token(token_id) or b"")
        raw = view.find_application(token.application_id) if token.application_id else None
        snapshot = decode_snapshot(view.snapshot() or b"")
        del view
        store.close()
        application = None if raw is None else decode_application(raw)
        caller = Caller(token, application, combine(build_claims(token.limits, "token", token_id)))
        claims = find_claims(LimitLevels(snapshot), caller, model=model, service_id=service_id).every
        for provider in snapshot.providers:
            claims += build_claims(provider.limits, "provider", provider.id)
        self._claims = claims
        self._meters, _ = open_meters(data / "meters.mm", read_boot_id())

    def read(self) -> tuple[MeterState, ...]:
        """The state of each."""
        return self._meters.read(self._claims)

    def close(self) -> None:
        """Leave the meters."""
        self._meters.close()


class open_database:  # noqa: N801 - used as a function
    """A read-only look into a database."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
