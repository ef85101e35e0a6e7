"""Back up a running installation into one archive, and restore one into an empty place.

A backup holds the databases and the journals that are not ingested yet; the policy store is rebuilt from the
database, and the meters from the ledger. It never holds root.key. A restore is checked whole before anything is
put in its place.
"""

import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tollway import __version__
from tollway.control.backups.errors import cannot_write, file_exists, newer_backup, not_a_backup, not_empty
from tollway.control.backups.model import FORMAT, MANIFEST, ROOT_KEY_NOTE, Backup, Manifest, Member, Work
from tollway.control.backups.ports import Dumper, Restorer
from tollway.kernel.clock import NANOS_PER_SECOND, Clock

JOURNAL = "journal"
MANIFEST_BYTES_MAX = 16_777_216
_CHUNK = 1_048_576
_NAME = re.compile(r"(?:config|ledger)\.(?:db|jsonl)|journal/[A-Za-z0-9_-]{1,100}\.twj", re.ASCII)


Tell = Callable[[int, int], None]
"""Hears how far something is: so much of so much."""


def tell_nobody(done: int, total: int) -> None:
    """Implement Tell where nobody waits."""


class Backups:
    """Makes backups of the data directory that a server runs on."""

    def __init__(
        self, data: Path, dumper: Dumper, clock: Clock, *, name_keys: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        """`name_keys` returns the fingerprints of the root keys that open what is stored."""
        self._name_keys = name_keys
        self._data = data
        self._dumper = dumper
        self._clock = clock

    def create(self, path: Path | None, *, work: Work | None = None) -> Backup:
        """Write a consistent backup; None: into the data directory's `backups`, named after the instant.

        Calls go on meanwhile; `work` is told where files grow. Raises management.conflict when the file exists,
        management.unavailable.
        """
        now = self._clock.now_ns()
        folder = self._data / "backups"
        if path is None:
            at = datetime.fromtimestamp(now // NANOS_PER_SECOND, UTC)
            path = folder / f"tollway-{at:%Y%m%d-%H%M%S}.tar"
        if path.exists():
            raise file_exists(path)
        work = Work() if work is None else work
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _scratch(folder) as scratch:
                work.folder, work.archive = scratch, _partial(path)
                schemas = self._gather(scratch)
                manifest = Manifest(
                    format=FORMAT,
                    created_ns=now,
                    program=__version__,
                    database=self._dumper.kind,
                    schemas=schemas,
                    members=tuple(_member(scratch, file) for file in _files(scratch)),
                    note=ROOT_KEY_NOTE,
                    root_keys=self._name_keys(),
                )
                work.copied_bytes = sum(member.size for member in manifest.members)
                _pack(scratch, manifest, path)
        except OSError as error:
            raise cannot_write(error) from error
        return Backup(path, path.stat().st_size, manifest)

    def _gather(self, scratch: Path) -> dict[str, str]:
        """Copy databases and journals so that every record is in at least one of them (ingest is idempotent).

        Journals are linked first: one that is ingested and deleted while the ledger is being copied would
        otherwise be in neither.
        """
        held = scratch / "held"
        held.mkdir()
        self._link_journals(held)
        schemas = self._dumper.dump(scratch)
        self._link_journals(held)
        journals = scratch / JOURNAL
        journals.mkdir()
        for linked in sorted(held.iterdir()):
            shutil.copyfile(linked, journals / linked.name)
        shutil.rmtree(held)
        return schemas

    def _link_journals(self, held: Path) -> None:
        for journal in (self._data / JOURNAL).glob("*.twj"):
            if not (held / journal.name).exists():
                try:
                    os.link(journal, held / journal.name)
                except FileNotFoundError:
                    continue  # Ingested and deleted since it was listed: the ledger has it.


def restore(archive: Path, data: Path, restorer: Restorer, *, tell: Tell = tell_nobody) -> Backup:
    """Put a backup into a data directory that holds no databases and no journals, with the server stopped.

    Everything is checked before anything is put in place. `tell` hears how many bytes of the archive, of how many, are
    read. Raises management.invalid (damaged, or not a backup), management.conflict (something is there),
    storage.newer_schema, management.unavailable.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_empty(data)
        with _scratch(data) as scratch:
            manifest = _unpack(archive, scratch, tell)
            _check_manifest(manifest, restorer)
            restorer.check(scratch)
            restorer.load(scratch, data)
            (data / JOURNAL).mkdir(mode=0o700, exist_ok=True)
            for journal in sorted((scratch / JOURNAL).glob("*.twj")):
                journal.replace(data / JOURNAL / journal.name)
            _sync(data / JOURNAL)
            _sync(data)
    except tarfile.TarError as error:
        raise not_a_backup(f"the archive cannot be read ({type(error).__name__})") from error
    except OSError as error:
        raise cannot_write(error) from error
    return Backup(archive, archive.stat().st_size, manifest)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _member(folder: Path, file: Path) -> Member:
    return Member(file.relative_to(folder).as_posix(), file.stat().st_size, _digest(file))


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _pack(folder: Path, manifest: Manifest, path: Path) -> None:
    """Write the archive beside its place, sync it, and move it there, so that a file of that name is whole."""
    partial = _partial(path)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mtime, head.mode = len(content), manifest.created_ns // NANOS_PER_SECOND, 0o600
            tar.addfile(head, io.BytesIO(content))
            for member in manifest.members:
                tar.add(folder / member.name, arcname=member.name, filter=_anonymous)
            tar.close()
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _unpack(archive: Path, folder: Path, tell: Tell) -> Manifest:
    """Write the listed files, and no others, into the folder; check each against the manifest."""
    if not archive.is_file():
        raise not_a_backup("there is no such file")
    with tarfile.open(archive, mode="r:") as tar:
        manifest = _read_manifest(tar)
        wanted, size = {member.name: member for member in manifest.members}, archive.stat().st_size
        (folder / JOURNAL).mkdir()
        for info in tar:
            if info.offset == 0:
                continue  # The manifest.
            member = wanted.pop(info.name, None)
            if member is None or not info.isreg() or info.size != member.size:
                raise not_a_backup(f"{info.name!r} is not what its manifest lists")
            source = tar.extractfile(info)
            assert source is not None, "a regular file has content"
            with (folder / info.name).open("wb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
                target.flush()
                os.fsync(target.fileno())
            if _digest(folder / info.name) != member.sha256:
                raise not_a_backup(f"{info.name} is damaged")
            tell(info.offset_data + info.size, size)
        if wanted:
            raise not_a_backup(f"{min(wanted)} is missing")
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    info = tar.next()
    content = tar.extractfile(info) if info is not None and info.name == MANIFEST else None
    if info is None or content is None or info.size > MANIFEST_BYTES_MAX:
        raise not_a_backup("it does not begin with a manifest")
    try:
        manifest = msgspec.json.decode(content.read(), type=Manifest)
    except ValueError as error:
        raise not_a_backup("its manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise not_a_backup(f"it has format {manifest.format}; this program reads format {FORMAT}")
    if bad := [member.name for member in manifest.members if not _NAME.fullmatch(member.name)]:
        raise not_a_backup(f"{bad[0]!r} has no place in a backup")
    return manifest


def _check_manifest(manifest: Manifest, restorer: Restorer) -> None:
    if manifest.database != restorer.kind:
        raise not_a_backup(f"it is of a {manifest.database} installation, this one is {restorer.kind}")
    for database, found in manifest.schemas.items():
        try:
            known = restorer.newest(database)
        except KeyError as error:
            raise not_a_backup(f"it holds a database {database!r}") from error
        if found > known:
            raise newer_backup(database, found, known)


def _check_empty(data: Path) -> None:
    for name in ("config.db", "ledger.db", "policy", "meters.mm"):
        if (data / name).exists():
            raise not_empty(f"{data / name}")
    if any((data / JOURNAL).glob("*.twj")):
        raise not_empty(f"a journal in {data / JOURNAL}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
