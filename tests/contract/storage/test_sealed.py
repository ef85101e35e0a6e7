"""Every sealed value of the config database is sealed again with a new root key, on both engines; none is missed."""

from base64 import b64decode, b64encode
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, LargeBinary, insert, select

import tollway.adapters.storage
from tollway.adapters.secrets import KeyRing, RootKey
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import metadata, services, upstream_keys, webhooks
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sealed import COLUMNS, sealed_places
from tollway.control.notices.mail import PASSWORD_AAD
from tollway.control.notices.secrets import secret_aad
from tollway.kernel.secret import Secret

from .conftest import OpenDatabase

FIRST, SECOND = RootKey(1, Secret(bytes(range(32)))), RootKey(2, Secret(bytes(range(1, 33))))
NOT_SEALED = {"audit_head.seal", "audit_checkpoint.seal"}
"""Seals of the audit log: message authentication codes, made anew by control/keys/sealed_audit.py."""
SHORT_LIVED = {"self_rotations.sealed", "leak_reports.sealed"}
"""Answers that are kept for ten minutes (after a key was retired, who repeats such a request rotates again), and
reported tokens, which wait some seconds to be looked at.
"""


def test_every_column_that_is_named_as_sealed_is_listed() -> None:
    """A new sealed column has to be added to the registry, or a change of the root key would lose what it holds."""
    for path in Path(tollway.adapters.storage.__path__[0]).glob("*_schema.py"):
        import_module(f"tollway.adapters.storage.{path.stem}")
    listed = {str(item.column) for item in COLUMNS}
    named = {
        str(column)
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, LargeBinary) and "seal" in column.name
    }
    assert named - NOT_SEALED - SHORT_LIVED == listed


def test_values_are_sealed_for_the_places_that_their_owners_name() -> None:
    """Adapters may not import services, so both say it; a value sealed for another place would not open."""
    named = {
        "webhooks.sealed": secret_aad("hook_1"),
        "webhooks.previous_sealed": secret_aad("hook_1"),
        "mail_server.sealed_password": PASSWORD_AAD,
        "upstream_keys.sealed": b"as stored",
        "totp_factors.sealed": b"totp_factors|sealed|user_1",
        "handovers.sealed": b"handovers|sealed|hand_1",
    }
    ids = {"webhooks": "hook_1", "handovers": "hand_1"}
    for item in COLUMNS:
        row = {"id": ids.get(item.column.table.name), "user_id": "user_1", "aad": b"as stored"}
        assert item.aad(row) == named[str(item.column)]  # type: ignore[arg-type]  # a row


@pytest.fixture
def both(database: OpenDatabase, tmp_path: Path) -> ConfigDatabase:
    writer: Engine = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ConfigDatabase(writer, database("config", writer=False))


def _kept() -> dict[str, object]:
    return {"created_ns": 1, "created_by": "x", "updated_ns": 1, "updated_by": "x", "version": 1}


def _fill(both: ConfigDatabase, ring: KeyRing, count: int) -> None:
    """Store keys, one webhook with two secrets, and a service with a login inside its JSON."""
    with both.write():
        connection = both.writing()
        for number in range(count):
            aad = f"upstream_keys|sealed|key_{number:04}".encode()
            row = {"id": f"key_{number:04}", "owner_id": "prov_1", "position": number, "source": "stored", "aad": aad}
            row |= {"reference": "", "masked": "…", "created_ns": 1, "sealed": ring.seal(b"secret", aad)}
            connection.execute(insert(upstream_keys).values(row))
        reference = {"id": "key_ref", "owner_id": "prov_1", "position": count, "source": "env", "reference": "env:X"}
        connection.execute(
            insert(upstream_keys).values(**reference, masked="env:X", sealed=b"", aad=b"a", created_ns=1)
        )
        hook = {"id": "hook_1", "name": "a", "name_key": "a", "url": "https://a", "allow_private": "[]"}
        hook |= {"state": "active", "dropped": 0, "previous_until_ns": 9}
        hook |= {name: ring.notices.seal(name.encode(), secret_aad("hook_1")) for name in ("sealed", "previous_sealed")}
        connection.execute(insert(webhooks).values(**hook, **_kept()))


def test_all_are_sealed_again_in_batches_and_open_in_their_places(both: ConfigDatabase) -> None:
    ring = KeyRing((FIRST,))
    _fill(both, ring, 130)
    places = sealed_places(both, ring)
    assert sum(place.count_old() for place in places) == 0, "they are sealed with the key in use"
    ring.adopt((SECOND, FIRST))
    assert {place.name: place.count_old() for place in places if place.count_old()} == {
        "provider keys": 130,
        "webhook secrets": 1,
    }
    assert [places[0].reseal(64) for _ in range(4)] == [64, 64, 2, 0]
    for place in places:
        while place.reseal(64):
            pass
    assert sum(place.count_old() for place in places) == 0
    ring.adopt((SECOND,))
    with both.reading() as connection:
        keys = connection.execute(select(upstream_keys).where(upstream_keys.c.source == "stored")).mappings().all()
        hook = connection.execute(select(webhooks)).mappings().one()
        reference = connection.execute(select(upstream_keys.c.sealed).where(upstream_keys.c.id == "key_ref")).scalar()
    assert {ring.open(row["sealed"], row["aad"]) for row in keys} == {b"secret"}
    for name in ("sealed", "previous_sealed"):
        assert ring.notices.open(hook[name], secret_aad("hook_1")) == name.encode()
    assert reference == b""


def test_a_login_inside_a_json_column_is_sealed_again_and_the_rest_of_it_stays(both: ConfigDatabase) -> None:
    ring = KeyRing((FIRST,))
    sealed, aad = b64encode(ring.seal(b"user:word", b"place")).decode(), b64encode(b"place").decode()
    connection_text = msgspec.json.encode({"a": [1.5, None], "proxy_key": {"sealed": sealed, "aad": aad, "é": "ü"}})
    row = {"id": "svc_1", "name": "a", "state": "active", "behaviour": "{}", "environment": "live"}
    row = {name: value for name, value in row.items() if name in services.c}
    with both.write():
        both.writing().execute(insert(services).values(**row, connection=connection_text.decode(), **_kept()))
        damaged = {**row, "id": "svc_2", "connection": '{"sealed'}
        both.writing().execute(insert(services).values(**damaged, **_kept()))
    ring.adopt((SECOND, FIRST))
    place = next(one for one in sealed_places(both, ring) if one.count_old())
    assert (place.name, place.count_old(), place.reseal(10), place.reseal(10)) == ("proxy logins", 1, 1, 0)
    with both.reading() as connection:
        text = connection.execute(select(services.c.connection).where(services.c.id == "svc_1")).scalar_one()
    read = msgspec.json.decode(text)
    assert (read["a"], read["proxy_key"]["é"]) == ([1.5, None], "ü")
    assert KeyRing((SECOND,)).open(b64decode(read["proxy_key"]["sealed"]), b"place") == b"user:word"
