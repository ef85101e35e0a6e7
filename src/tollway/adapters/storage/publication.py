"""Publication's rows in the config database: the installation, its revision, and what is left to publish."""

from collections.abc import Collection

from sqlalchemy import Engine, case, delete, insert, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import dirty, installation
from tollway.control.publication.model import Dirty, DirtyKind
from tollway.control.publication.ports import PublicationStore
from tollway.kernel.errors import TollwayError


def find_installation(engine: Engine) -> str | None:
    """Return the id of the installation whose config database this is; None when it is empty.

    Changes nothing. Raises management.unavailable.
    """
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(installation.name):
                return None
            found = connection.execute(select(installation.c.id)).scalar()
    except SQLAlchemyError as error:
        raise TollwayError("management.unavailable", internal=type(error).__name__) from error
    return None if found is None else str(found)


class SQLPublicationStore:
    """Implements PublicationStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def installation(self) -> str:
        """Return the id made when the database was."""
        with self._database.reading() as connection:
            return str(connection.execute(select(installation.c.id)).scalar_one())

    def revision(self) -> int:
        """Return the revision of the snapshot that is stored."""
        with self._database.reading() as connection:
            return int(connection.execute(select(installation.c.revision)).scalar_one())

    def raise_revision(self, *, above: int = 0) -> int:
        """Set the revision one above itself and `above`; return it."""
        found = installation.c.revision
        higher = case((found > above, found), else_=above) + 1
        query = update(installation).values(revision=higher).returning(installation.c.revision)
        return int(self._database.writing().execute(query).scalar_one())

    def add_dirty(self, kind: DirtyKind, object_id: str) -> None:
        """Note a change that has to reach the policy store."""
        self._database.writing().execute(insert(dirty).values(kind=kind, object_id=object_id))

    def add_many_dirty(self, kind: DirtyKind, object_ids: Collection[str]) -> None:
        """Note many changes of a kind, in one statement."""
        rows = [{"kind": kind, "object_id": object_id} for object_id in object_ids]
        if rows:
            self._database.writing().execute(insert(dirty), rows)

    def forget_dirty(self, through: int) -> None:
        """Delete the notes up to that `seq`."""
        self._database.writing().execute(delete(dirty).where(dirty.c.seq <= through))

    def dirty(self) -> tuple[Dirty, ...]:
        """Return the notes, oldest first, by primary key."""
        with self._database.reading() as connection:
            rows = connection.execute(select(dirty).order_by(dirty.c.seq)).all()
        return tuple(Dirty(row.seq, row.kind, row.object_id) for row in rows)


_: type[PublicationStore] = SQLPublicationStore
