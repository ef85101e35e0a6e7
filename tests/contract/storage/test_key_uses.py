"""What hangs on a root key is counted by what can still be used, on both engines."""

from pathlib import Path

from sqlalchemy import insert

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import to_json
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.key_uses import SQLKeyUses
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions_schema import users
from tollway.contract.life import OldSecret
from tollway.control.keys.model import NAMES_MAX, Uses
from tollway.kernel.clock import FixedClock

from .conftest import OpenDatabase


def test_only_what_can_still_be_used_counts(database: OpenDatabase, tmp_path: Path) -> None:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    both, clock = ConfigDatabase(writer, database("config", writer=False)), FixedClock()
    kept = {"created_by": "x", "updated_ns": 1, "updated_by": "x", "version": 1}
    token = {
        "kind": "gateway",
        "mac": b"m",
        "environment": "live",
        "limits": "{}",
        "life": "{}",
        "scopes": "[]",
        **kept,
    }
    token = {name: value for name, value in token.items() if name in tokens.c}
    person = {"role": "viewer", **kept}
    later = clock.now_ns() + 1
    lives = {
        "old works": [OldSecret(1, b"m", 3, later), OldSecret(2, b"m", 2, later)],
        "old ended": [OldSecret(1, b"m", 3, later - 1)],
    }
    with both.write():
        for name, old in lives.items():
            row = {"id": name, "name": name, "name_key": name, "state": "active", "pepper_version": 4, "created_ns": 0}
            life = to_json({"old_secrets": old})
            both.writing().execute(insert(tokens).values(**{**token, "life": life}, **row))
        for number, (state, generation, expires) in enumerate(
            [("active", 1, None), ("disabled", 1, clock.now_ns() + 1), ("revoked", 1, None), ("active", 1, 1)]
            + [("active", 2, None)] * (NAMES_MAX + 1)
        ):
            row = {"id": f"t{number}", "name": f"t{number}", "name_key": f"t{number}", "state": state}
            row |= {"pepper_version": generation, "expires_ns": expires, "created_ns": number}
            both.writing().execute(insert(tokens).values(**token, **row))
        for name, state, hashed in [
            ("ada", "active", "$argon2id$x"),
            ("bob", "active", "2$argon2id$x"),
            ("cy", "deactivated", "$argon2id$x"),
            ("dee", "active", ""),
            ("eve", "active", "12$argon2id$x"),
        ]:
            row = {"id": name, "name": name, "name_key": name, "state": state, "password_hash": hashed, "created_ns": 1}
            both.writing().execute(insert(users).values(**person, **row))
    uses = SQLKeyUses(both, clock)
    assert uses.tokens(1) == Uses(2, ("t0", "t1"))
    assert (uses.tokens(2).count, len(uses.tokens(2).names)) == (NAMES_MAX + 2, NAMES_MAX)
    assert uses.tokens(3) == Uses(1, ("old works",))
    assert uses.tokens(5) == Uses()
    assert [uses.passwords(generation).names for generation in (1, 2, 12)] == [("ada",), ("bob",), ("eve",)]
