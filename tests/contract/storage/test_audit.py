"""The audit log on SQLite and PostgreSQL: the same chain on both, and found damage on both."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, update

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.audit import SQLAuditStore
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions_schema import audit, audit_checkpoint, audit_head
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject, Wanted


@pytest.fixture
def plane(database, tmp_path: Path) -> ControlPlane:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ControlPlane(Surroundings(writer, database("config", writer=False))).start()


def test_what_was_written_is_read_and_is_whole(plane: ControlPlane) -> None:
    for number in range(5):
        plane.audit.record(ACTOR, "x.y", Subject("x", f"id{number}", "Größe"), None, {"n": number, "text": "ü\u0000"})
    store = SQLAuditStore(plane.database)
    assert [one.entry.seq for one in store.iterate(batch=2)] == [1, 2, 3, 4, 5, 6]
    assert [entry.object_id for entry in plane.audit.page(Wanted(kind="x"), limit=2)] == ["id4", "id3"]
    assert len(plane.audit.page(Wanted(search="grö"))) == 5
    with_it = Actor("user_1", "user", token_id="abcdefABCDEF")
    plane.audit.record(with_it, "team.create", Subject("team", "team_1", "red"))
    plane.audit.record(ACTOR, "token.revoke", Subject("token", "abcdefABCDEF", "ci"))
    for wanted in (Wanted(about_token="abcdefABCDEF"), Wanted(search="abcdefABC")):
        assert [entry.action for entry in plane.audit.page(wanted)] == ["token.revoke", "team.create"]
    assert plane.audit.page(Wanted(about_token="abcdefABC")) == ()
    verdict = plane.audit.verify()
    assert (verdict.is_whole, verdict.checked) == (True, 8)
    with plane.database.write():
        plane.database.writing().execute(update(audit).where(audit.c.seq == 3).values(object_name="x"))
    verdict = plane.audit.verify()
    assert (verdict.is_whole, verdict.at) == (False, 3)


def test_the_oldest_are_deleted_in_batches_up_to_an_instant(plane: ControlPlane) -> None:
    for _ in range(4):
        plane.clock.advance(10)
        plane.audit.record(ACTOR, "x.y", Subject("x"))
    assert plane.audit.delete_older(plane.clock.now_ns() - 15 * 10**9, limit=2) == 2
    assert plane.audit.delete_older(plane.clock.now_ns() - 15 * 10**9, limit=2) == 1
    assert plane.audit.delete_older(plane.clock.now_ns() - 15 * 10**9, limit=2) == 0
    verdict = plane.audit.verify()
    assert (verdict.is_whole, verdict.checked, verdict.deleted_through) == (True, 4, 3)
    assert [one.entry.seq for one in SQLAuditStore(plane.database).iterate(batch=2)] == [4, 5, 6, 7]


ENTRIES = 6
FORGED_SEAL = bytes(32)


class RolledBackError(Exception):
    """Takes a damage back."""


@pytest.mark.timeout(90)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_done_to_the_stored_rows_is_found(plane: ControlPlane, data: st.DataObject) -> None:
    """By whoever writes the database and has no root key: edits, removals, moves, cuts, additions, false ends."""
    while plane.audit.verify().checked < ENTRIES:
        number = plane.audit.verify().checked
        plane.audit.record(ACTOR, "x.y", Subject("x", f"id{number}", "name"), None, {"n": number})
    damage = data.draw(st.sampled_from(DAMAGES))
    with pytest.raises(RolledBackError), plane.database.write():
        damage(plane.database.writing(), data)
        verdict = plane.audit.verify()
        assert not verdict.is_whole, damage.__name__
        raise RolledBackError
    assert plane.audit.verify().is_whole


def edit(connection: Connection, data: st.DataObject) -> None:
    """Change one column of one row."""
    row = rows(connection)[data.draw(st.integers(0, ENTRIES - 1))]
    column = data.draw(st.sampled_from([column for column in audit.c if column.name != "seq"]))
    before = row[column.name]
    match before:
        case int():
            after: object = before + 1
        case bytes():
            after = bytes([before[0] ^ 1]) + before[1:]
        case _:
            after = "refused" if column.name == "outcome" else f"{before or ''}x"
    connection.execute(update(audit).where(audit.c.seq == row["seq"]).values({column.name: after}))


def remove(connection: Connection, data: st.DataObject) -> None:
    """Remove a run of rows; the rest keeps its numbers, or closes the gap."""
    first = data.draw(st.integers(1, ENTRIES))
    last = data.draw(st.integers(first, ENTRIES))
    connection.execute(delete(audit).where(audit.c.seq.between(first, last)))
    if data.draw(st.booleans()):
        for seq in range(last + 1, ENTRIES + 1):
            connection.execute(update(audit).where(audit.c.seq == seq).values(seq=seq - (last - first + 1)))


def swap(connection: Connection, data: st.DataObject) -> None:
    """Let two rows change places, with their hashes or without."""
    one, other = data.draw(st.lists(st.integers(1, ENTRIES), min_size=2, max_size=2, unique=True))
    kept = {row["seq"]: row for row in rows(connection)}
    with_hash = data.draw(st.booleans())
    for seq, source in ((one, kept[other]), (other, kept[one])):
        moved = {name: value for name, value in source.items() if name != "seq" and (with_hash or name != "hash")}
        connection.execute(update(audit).where(audit.c.seq == seq).values(moved))


def cut(connection: Connection, data: st.DataObject) -> None:
    """Cut the end off, and let the head say that it ended there."""
    kept = data.draw(st.integers(0, ENTRIES - 1))
    last = rows(connection)[kept - 1]["hash"] if kept else bytes(32)
    connection.execute(delete(audit).where(audit.c.seq > kept))
    what = data.draw(st.sampled_from(["as it was", "moved", "removed"]))
    if what == "moved":
        connection.execute(update(audit_head).values(seq=kept, hash=last))
    if what == "removed":
        connection.execute(delete(audit_head))


def cut_the_beginning(connection: Connection, data: st.DataObject) -> None:
    """Delete the oldest, as retention does, behind a checkpoint of one's own making."""
    through = data.draw(st.integers(1, ENTRIES - 1))
    last = rows(connection)[through - 1]["hash"]
    connection.execute(delete(audit).where(audit.c.seq <= through))
    seal = data.draw(st.sampled_from([FORGED_SEAL, connection.execute(select(audit_head.c.seal)).scalar_one()]))
    connection.execute(insert(audit_checkpoint).values(only=1, seq=through, hash=last, seal=seal))


def add(connection: Connection, data: st.DataObject) -> None:
    """Add a row behind the end, before the beginning, or far away, which says what another one says."""
    row = dict(rows(connection)[data.draw(st.integers(0, ENTRIES - 1))])
    row["seq"] = data.draw(st.sampled_from([-3, 0, ENTRIES + 1, ENTRIES + 2, 2**40]))
    connection.execute(insert(audit).values(row))


def forge_the_end(connection: Connection, data: st.DataObject) -> None:
    """Say that the log ends elsewhere, or under another seal."""
    values = data.draw(st.sampled_from([{"seq": ENTRIES + 1}, {"hash": bytes(32)}, {"seal": FORGED_SEAL}]))
    connection.execute(update(audit_head).values(values))


DAMAGES = (edit, remove, swap, cut, cut_the_beginning, add, forge_the_end)


def rows(connection: Connection) -> list[dict[str, object]]:
    """Return every row as it is stored, in order."""
    return [dict(row) for row in connection.execute(select(audit).order_by(audit.c.seq)).mappings()]
