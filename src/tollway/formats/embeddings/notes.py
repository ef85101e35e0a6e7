"""The notes of this package: harmless differences between what was asked and what could be said."""

from collections.abc import Mapping
from types import MappingProxyType

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "task-ignored": "The provider's embeddings are for every task; what they are for was left out.",
        "user-ignored": "The provider takes no name of the end user; it was left out.",
    }
)
"""Slug to one sentence."""
