"""Refusals of configuration documents. All faults of a document come in one `control.faults.Invalid`."""

from tollway.control.faults import Fault, Invalid


def not_a_document(message: str, line: int | None = None, column: int | None = None) -> Invalid:
    """Return management.invalid for a text that cannot be read at all."""
    return Invalid([Fault("", message, line, column)])
