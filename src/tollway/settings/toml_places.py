"""On which line of a TOML file a key stands.

The standard library's parser does not say; this reads just enough of the text to find `[section]` and
`key =` at the start of a line. A miss costs a line number in a message and nothing else.
"""

import re

_SECTION = re.compile(r"\s*\[\s*([A-Za-z0-9_.\"'-]+)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=")


def find_lines(text: str) -> dict[str, int]:
    """Return line numbers (from 1) by dotted key, sections included; the first mention wins."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _SECTION.fullmatch(line):
            section = _bare(header[1])
            lines.setdefault(section, number)
        elif key := _KEY.match(line):
            name = _bare(key[1])
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines


def _bare(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
