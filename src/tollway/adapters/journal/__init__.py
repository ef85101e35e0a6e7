"""The journal: append-only files of call records, written by workers and read by the ledger."""

from tollway.adapters.journal.reader import (
    Damage,
    UnknownVersion,
    delete_ingested,
    is_finished,
    list_files,
    read_from,
    remove_leftovers,
)
from tollway.adapters.journal.writer import JournalWriter

__all__ = [
    "Damage",
    "JournalWriter",
    "UnknownVersion",
    "delete_ingested",
    "is_finished",
    "list_files",
    "read_from",
    "remove_leftovers",
]
