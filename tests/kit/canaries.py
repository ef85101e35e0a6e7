"""Secrets that are planted to be looked for: in every form and every place in which one could leak."""

import base64
import gzip
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy

BLOCK = 4_194_304


class Canaries:
    """What was planted, by what it is, and where it must not be."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self.seen: list[tuple[str, bytes]] = []
        """Everything that was answered, printed or sent, by where."""

    def plant(self, what: str, secret: str) -> str:
        """Keep a secret to look for, and return it."""
        assert len(secret) >= 10, "too short to be told from chance"
        self.planted[what] = secret
        return secret

    def hear(self, where: str, said: bytes | str) -> None:
        """Keep what was said for the search."""
        self.seen.append((where, said.encode() if isinstance(said, str) else said))

    def search(self, folder: Path, *, without: frozenset[str], database_url: str = "") -> list[str]:
        """Look for every secret in all that was heard, in every file and column of a folder, and in a database.

        Return a line for each that was found. `without` names files that may hold secrets; `database_url` "": none.
        """
        needles = [(what, form, needle) for what, secret in self.planted.items() for form, needle in forms(secret)]
        found: list[str] = []
        for where, said in (
            *self.seen,
            *_files(folder, without),
            *_columns(folder),
            *(_rows(database_url) if database_url else ()),
        ):
            found += [f"{what} ({form}) in {where}" for what, form, needle in needles if needle in said]
        return sorted(set(found))


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Yield the secret as it is, and as it looks inside of what is encoded."""
    clear = secret.encode()
    yield "clear", clear
    yield "hex", clear.hex().encode()
    yield "hex in capitals", clear.hex().upper().encode()
    yield "reversed", clear[::-1]
    quoted = urllib.parse.quote(secret, safe="").encode()
    if quoted != clear:
        yield "percent-encoded", quoted
    # Where the bytes begin within a group of three, the outer characters depend on their neighbours.
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + clear)
        inner = whole[4 if shift else 0 : -4]
        yield f"base64 at {shift}", inner
        yield f"base64url at {shift}", inner.replace(b"+", b"-").replace(b"/", b"_")


def _files(folder: Path, without: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in without:
            for number, block in enumerate(_blocks(path)):
                yield f"{path.relative_to(folder)} block {number}", block
                if block[:2] == b"\x1f\x8b":
                    yield f"{path.relative_to(folder)} unpacked", gzip.decompress(path.read_bytes())


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield what is on the disk of a file, which may have holes of gigabytes; neighbours overlap."""
    with path.open("rb") as file:
        end, place, before = path.stat().st_size, 0, b""
        while place < end:
            try:
                place = os.lseek(file.fileno(), place, os.SEEK_DATA)
            except OSError:  # Only holes are left.
                return
            file.seek(place)
            block = file.read(BLOCK)
            yield before + block
            before = block[-1_024:]
            place += len(block)


def _columns(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every value of every column of every SQLite database: long ones are in pieces in the file."""
    for path in sorted(folder.rglob("*.db")):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                cursor = connection.execute(f'SELECT * FROM "{table}"')
                columns = [column[0] for column in cursor.description]
                for row in cursor:
                    for column, value in zip(columns, row, strict=True):
                        said = value if isinstance(value, bytes) else str(value).encode()
                        yield f"{path.name} {table}.{column}", said
        connection.close()


def _rows(url: str) -> Iterator[tuple[str, bytes]]:
    """Yield every value of every column of every table of a PostgreSQL database."""
    engine = sqlalchemy.create_engine(sqlalchemy.make_url(url).set(drivername="postgresql+psycopg"))
    inspector, count = sqlalchemy.inspect(engine), 0
    for schema in inspector.get_schema_names():
        for table in () if schema == "information_schema" else inspector.get_table_names(schema):
            with engine.connect() as connection:
                for row in connection.execute(sqlalchemy.text(f'SELECT * FROM "{schema}"."{table}"')).mappings():
                    count += 1
                    for column, value in row.items():
                        said = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                        yield f"{schema}.{table}.{column}", said
    engine.dispose()
    assert count > 100, "the database is empty: nothing was searched"
