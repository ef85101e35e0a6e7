"""Names of management objects: what is accepted."""

import re
import unicodedata

from tollway.control.faults import Faults

NAME_CHARACTERS_MAX = 100
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


def check_name(name: str, path: str, faults: Faults) -> None:
    """Add a fault unless `name` is 1-100 printable characters without blanks at its ends."""
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX:
        faults.add(path, f"a name has 1 to {NAME_CHARACTERS_MAX} characters")
    elif name != name.strip():
        faults.add(path, "a name has no blanks at its ends")
    elif any(unicodedata.category(character)[0] == "C" for character in name):
        faults.add(path, "a name has printable characters only")


def check_slug(name: str, path: str, faults: Faults) -> None:
    """Add a fault unless `name` can be part of a model's qualified name: `[a-z0-9][a-z0-9._-]{0,62}`."""
    if not _SLUG.fullmatch(name):
        faults.add(
            path, "use lower-case letters, digits, `.`, `_` and `-` (at most 63), starting with a letter or digit"
        )
