"""The audit log on SQLite and PostgreSQL: the same chain on both, and found damage on both."""

from pathlib import Path

import pytest
from sqlalchemy import update

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.audit import SQLAuditStore
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions_schema import audit
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
    verdict = plane.audit.verify()
    assert (verdict.is_whole, verdict.checked) == (True, 6)
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
