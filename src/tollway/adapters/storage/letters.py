"""Letters that wait for the mail server, in the config database. There are at most some hundreds."""

from sqlalchemy import RowMapping, delete, func, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import letters
from tollway.control.notices.model import Letter, WaitingLetter
from tollway.control.notices.ports import LetterStore

_L = letters.c


class SQLLetterStore:
    """Implements LetterStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, waiting: WaitingLetter, *, most: int) -> int:
        """Store a letter; of more than `most` the oldest are deleted. Return how many were."""
        connection = self._database.writing()
        connection.execute(insert(letters).values(_values(waiting)))
        over = connection.execute(select(func.count()).select_from(letters)).scalar_one() - most
        if over <= 0:
            return 0
        oldest = select(_L.id).order_by(_L.created_ns, _L.id).limit(over)
        return connection.execute(delete(letters).where(_L.id.in_(oldest.scalar_subquery()))).rowcount

    def has_due(self, now_ns: int) -> bool:
        """Whether an unclaimed letter is due, by letters_by_due."""
        query = select(_L.id).where(_L.due_ns <= now_ns, _L.claimed_until_ns <= now_ns).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def count(self) -> int:
        """Return how many letters wait. There are at most some hundreds."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(letters)).scalar_one()

    def claim(self, *, now_ns: int, until_ns: int) -> WaitingLetter | None:
        """Claim the letter that is due longest, by letters_by_due."""
        query = select(letters).where(_L.due_ns <= now_ns, _L.claimed_until_ns <= now_ns)
        connection = self._database.writing()
        row = connection.execute(query.order_by(_L.due_ns, _L.id).limit(1)).mappings().first()
        if row is None:
            return None
        connection.execute(update(letters).where(_L.id == row["id"]).values(claimed_until_ns=until_ns))
        return _waiting(row)

    def remove(self, letter_id: str) -> None:
        """Delete the letter."""
        self._database.writing().execute(delete(letters).where(_L.id == letter_id))

    def put_off(self, letter_id: str, *, due_ns: int, attempts: int) -> None:
        """Make the letter due at an instant, and give the claim back."""
        values = {"due_ns": due_ns, "attempts": attempts, "claimed_until_ns": 0}
        self._database.writing().execute(update(letters).where(_L.id == letter_id).values(values))


def _values(waiting: WaitingLetter) -> dict[str, object]:
    return {
        "id": waiting.id,
        "recipient": waiting.letter.to,
        "subject": waiting.letter.subject,
        "text": waiting.letter.text,
        "created_ns": waiting.created_ns,
        "due_ns": waiting.created_ns,
        "claimed_until_ns": 0,
        "attempts": waiting.attempts,
    }


def _waiting(row: RowMapping) -> WaitingLetter:
    letter = Letter(row["recipient"], row["subject"], row["text"])
    return WaitingLetter(row["id"], letter, row["created_ns"], row["attempts"])


_: type[LetterStore] = SQLLetterStore
