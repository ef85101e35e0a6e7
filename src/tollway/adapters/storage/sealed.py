"""Every place of the config database where something is kept sealed, and how it is sealed again with another key.

Law: a column that holds sealed bytes is listed here, by itself or as part of a JSON column; tests look for others.
Values are changed one batch a transaction and never opened for anything else.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Column, RowMapping, func, or_, select, update

from tollway.adapters.secrets.box import HEADER_BYTES, SealingBox
from tollway.adapters.secrets.key_ring import KeyRing, build_aad
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import mail_server, providers, services, upstream_keys, webhooks
from tollway.adapters.storage.factors_schema import totp_factors
from tollway.adapters.storage.life_schema import handovers
from tollway.control.keys.ports import SealedPlace
from tollway.kernel.errors import TollwayError

READ_MAX = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed bytes. `box` picks the ring's box; `aad` says for what place a row's value was sealed."""

    place: str
    column: Column[Any]
    box: Callable[[KeyRing], SealingBox]
    aad: Callable[[RowMapping], bytes]


@dataclass(frozen=True, slots=True)
class SealedJSON:
    """A JSON column in which any object may have `sealed` and `aad`, both bytes in base64."""

    place: str
    column: Column[Any]
    box: Callable[[KeyRing], SealingBox]


def _providers_box(keys: KeyRing) -> SealingBox:
    return keys.provider_secrets


def _notices_box(keys: KeyRing) -> SealingBox:
    return keys.notices


def _webhook_aad(row: RowMapping) -> bytes:
    return build_aad("webhooks", "secret", row["id"])


def _mail_aad(row: RowMapping) -> bytes:
    return build_aad("mail_server", "password", "only")


def _handover_aad(row: RowMapping) -> bytes:
    return build_aad("handovers", "sealed", row["id"])


def _totp_aad(row: RowMapping) -> bytes:
    return build_aad("totp_factors", "sealed", row["user_id"])


COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn("provider keys", upstream_keys.c.sealed, _providers_box, lambda row: bytes(row["aad"])),
    SealedColumn("webhook secrets", webhooks.c.sealed, _notices_box, _webhook_aad),
    SealedColumn("webhook secrets", webhooks.c.previous_sealed, _notices_box, _webhook_aad),
    SealedColumn("authenticator apps", totp_factors.c.sealed, lambda keys: keys.second_factors, _totp_aad),
    SealedColumn("secrets to hand over", handovers.c.sealed, _notices_box, _handover_aad),
    SealedColumn("mail logins", mail_server.c.sealed_password, _notices_box, _mail_aad),
)

JSON_COLUMNS: tuple[SealedJSON, ...] = (
    SealedJSON("proxy logins", providers.c.connection, _providers_box),
    SealedJSON("proxy logins", services.c.connection, _providers_box),
)


def sealed_places(database: ConfigDatabase, keys: KeyRing) -> list[SealedPlace]:
    """Return every place of the config database."""
    plain = [_ColumnPlace(database, keys, item) for item in COLUMNS]
    return [*plain, *(_JSONPlace(database, keys, item) for item in JSON_COLUMNS)]


class _ColumnPlace:
    """One column of sealed bytes."""

    def __init__(self, database: ConfigDatabase, keys: KeyRing, item: SealedColumn) -> None:
        self._database = database
        self._box = item.box(keys)
        self._item = item
        self._damaged: set[object] = set()

    @property
    def name(self) -> str:
        """What is sealed there."""
        return self._item.place

    def count_old(self) -> int:
        """Count the values that an older key has sealed, without those that do not open."""
        return sum(1 for _ in self._old())

    def reseal(self, limit: int) -> int:
        """Seal a batch again, in one transaction."""
        done = 0
        with self._database.write():
            for row in self._old():
                try:
                    sealed = self._box.reseal(bytes(row["value"]), self._item.aad(row))
                except TollwayError:  # It was moved or damaged, and opens with no key: left as it is.
                    self._damaged.add(row["row"])
                    continue
                column = self._item.column
                found = update(column.table).where(_key_of(column) == row["row"], column == row["value"])
                self._database.writing().execute(found.values({column: sealed}))
                done += 1
                if done == limit:
                    break
        return done

    def _old(self) -> Iterator[RowMapping]:
        """Yield rows of older keys in the order of their keys; each look is by primary key."""
        column, older = self._item.column, self._box.older
        key = _key_of(column)
        if not older:
            return
        # Bytes are compared by their beginning, which names the key.
        is_old = or_(*(func.substr(column, 1, HEADER_BYTES) == header for header in older))
        query = select(column.table, key.label("row"), column.label("value")).where(is_old).order_by(key)
        last: object = None
        while rows := self._read(query if last is None else query.where(key > last)):
            last = rows[-1]["row"]
            yield from (row for row in rows if row["row"] not in self._damaged)

    def _read(self, query: Any) -> Sequence[RowMapping]:
        with self._database.reading() as connection:
            return connection.execute(query.limit(READ_MAX)).mappings().all()


class _JSONPlace:
    """One JSON column with sealed values somewhere inside; few enough rows to read them all."""

    def __init__(self, database: ConfigDatabase, keys: KeyRing, item: SealedJSON) -> None:
        self._database = database
        self._box = item.box(keys)
        self._item = item
        self._damaged: set[object] = set()

    @property
    def name(self) -> str:
        """What is sealed there."""
        return self._item.place

    def count_old(self) -> int:
        """Count the rows with a value that an older key has sealed."""
        return sum(1 for _ in self._old())

    def reseal(self, limit: int) -> int:
        """Seal a batch of rows again, in one transaction."""
        done = 0
        column = self._item.column
        with self._database.write():
            for key, value in list(self._old())[:limit]:
                try:
                    self._reseal_inside(value)
                except TollwayError:  # It was moved or damaged, and opens with no key: left as it is.
                    self._damaged.add(key)
                    continue
                text = msgspec.json.encode(value).decode()
                found = update(column.table).where(_key_of(column) == key)
                self._database.writing().execute(found.values({column: text}))
                done += 1
        return done

    def _old(self) -> Iterator[tuple[object, object]]:
        column = self._item.column
        if not self._box.older:
            return
        with self._database.reading() as connection:
            rows = connection.execute(select(_key_of(column), column).where(column.contains('"sealed"'))).all()
        for key, text in rows:
            try:
                value = msgspec.json.decode(text)
            except ValueError:  # A damaged row is shown as such elsewhere.
                continue
            if key not in self._damaged and any(self._box.is_old(_bytes(one["sealed"])) for one in _sealed_in(value)):
                yield key, value

    def _reseal_inside(self, value: object) -> None:
        for one in _sealed_in(value):
            sealed = _bytes(one["sealed"])
            if self._box.is_old(sealed):
                one["sealed"] = b64encode(self._box.reseal(sealed, _bytes(one["aad"]))).decode()


def _key_of(column: Column[Any]) -> Column[Any]:
    (key,) = column.table.primary_key.columns
    return key


def _sealed_in(value: object) -> Iterator[dict[str, str]]:
    """Yield every object inside that has `sealed` and `aad`."""
    if isinstance(value, dict):
        if isinstance(value.get("sealed"), str) and isinstance(value.get("aad"), str):
            yield value
        for inner in value.values():
            yield from _sealed_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sealed_in(inner)


def _bytes(text: str) -> bytes:
    return b64decode(text)


_column_place: type[SealedPlace] = _ColumnPlace
_json_place: type[SealedPlace] = _JSONPlace
