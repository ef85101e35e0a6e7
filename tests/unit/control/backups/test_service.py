"""A backup of a running installation, restored elsewhere, is the same installation; a bad one changes nothing."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.dumps import SQLiteDumper, SQLiteRestorer
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate
from tollway.control.backups.model import Work
from tollway.control.backups.service import Backups, restore
from tollway.control.tokens.model import NewToken
from tollway.control.upstreams.model import NewProvider
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret


@pytest.fixture
def backups(around: Surroundings, tmp_path: Path) -> Backups:
    writer = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    migrate(writer, "ledger", tmp_path / "backups")
    writer.dispose()
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "proc_1.twj").write_bytes(b"records")
    (tmp_path / "root.key").write_text("ab" * 32)
    ledger = open_engine(tmp_path / "ledger.db", database="ledger", writer=False)
    return Backups(tmp_path, SQLiteDumper(around.reader, ledger), around.clock, name_keys=lambda: ("ab12", "cd34"))


def test_restored_installation_is_the_same(plane: ControlPlane, backups: Backups, tmp_path: Path) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(Secret("sk-some-long-key"),)), ACTOR)
    made = backups.create(None)
    plane.tokens.revoke(token.id, ACTOR)
    assert made.path.parent == tmp_path / "backups" and made.path.stat().st_mode & 0o777 == 0o600

    elsewhere = tmp_path / "elsewhere"
    told: list[tuple[int, int]] = []
    restore(made.path, elsewhere, SQLiteRestorer(), tell=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and {total for _, total in told} == {made.path.stat().st_size}
    assert (elsewhere / "journal" / "proc_1.twj").read_bytes() == b"records"
    assert not (elsewhere / "root.key").exists()
    assert sorted(path.name for path in elsewhere.iterdir()) == ["config.db", "journal", "ledger.db"]
    around = Surroundings(
        open_engine(elsewhere / "config.db", database="config", writer=True),
        open_engine(elsewhere / "config.db", database="config", writer=False),
        keys=plane.keys,
    )
    other = ControlPlane(around).start()
    assert other.tokens.get(token.id) == token
    assert other.policy.token(token.id).mac == token.mac
    key = other.providers.get(provider.id).keys[0]
    assert plane.keys.open(key.sealed, key.aad) == b"sk-some-long-key"


def test_who_follows_a_backup_is_told_where_its_files_grow(backups: Backups, tmp_path: Path) -> None:
    work = Work()
    made = backups.create(tmp_path / "b.tar", work=work)
    assert work.copied_bytes == sum(member.size for member in made.manifest.members) > 0
    assert work.archive == tmp_path / "b.tar.part" and work.folder is not None
    assert work.measure() == (work.copied_bytes, 2 * work.copied_bytes), "what is gone counts nothing"


def test_backup_holds_no_root_key_and_says_so(plane: ControlPlane, backups: Backups) -> None:
    made = backups.create(None)
    with tarfile.open(made.path) as tar:
        assert tar.getnames() == ["manifest.json", "config.db", "journal/proc_1.twj", "ledger.db"]
    assert "root.key is not in this backup" in made.manifest.note
    assert made.manifest.root_keys == ("ab12", "cd34")
    assert b"abababab" not in made.path.read_bytes()


def test_nothing_is_overwritten(plane: ControlPlane, backups: Backups, tmp_path: Path) -> None:
    made = backups.create(tmp_path / "b.tar")
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        backups.create(tmp_path / "b.tar")
    with pytest.raises(TollwayError, match=r"^management\.conflict.*config\.db"):
        restore(made.path, tmp_path, SQLiteRestorer())


def _rewrite(source: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    with tarfile.open(source) as tar, tarfile.open(target, "w") as out:
        for info in tar:
            content = tar.extractfile(info)
            assert content is not None
            changed = change(info.name, content.read())
            if changed is not None:
                info.name, info.size = changed[0], len(changed[1])
                out.addfile(info, io.BytesIO(changed[1]))
    return target


def _manifest(**fields: object) -> Callable[[str, bytes], tuple[str, bytes]]:
    def change(name: str, content: bytes) -> tuple[str, bytes]:
        return (name, json.dumps(json.loads(content) | fields).encode()) if name == "manifest.json" else (name, content)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda name, content: None if name == "ledger.db" else (name, content), r"ledger\.db is missing"),
        (lambda name, content: (name, content[:-1] + b"!") if name == "config.db" else (name, content), "is damaged"),
        (lambda name, content: (f"../{name}" if name == "config.db" else name, content), "not what its manifest"),
        (lambda name, content: None if name == "manifest.json" else (name, content), "begin with a manifest"),
        (_manifest(format=2), "format 2"),
        (_manifest(schemas={"config": "9999"}), "schema 9999"),
        (_manifest(database="postgresql"), "postgresql installation"),
        (_manifest(members=[{"name": "../x", "size": 1, "sha256": ""}]), "has no place"),
        (_manifest(members=3), "cannot be read"),
    ],
)
def test_bad_archive_is_refused_and_leaves_nothing(plane, backups, tmp_path, change, message) -> None:
    bad = _rewrite(backups.create(tmp_path / "b.tar").path, tmp_path / "bad.tar", change)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(TollwayError, match=message):
        restore(bad, elsewhere, SQLiteRestorer())
    assert list(elsewhere.iterdir()) == []


def test_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"\x00" * 100 + b"x" * 2_000)
    for path in (tmp_path / "x.tar", tmp_path / "none.tar"):
        with pytest.raises(TollwayError, match=r"^management\.invalid"):
            restore(path, tmp_path / "to", SQLiteRestorer())
