"""Draws a text as a QR code, for whoever shows it: the side in modules, and one SVG path over that square. Pure."""

from dataclasses import dataclass

import segno

QUIET_MODULES = 4
"""The white edge that readers need (ISO/IEC 18004 section 9.1)."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A square of `size` modules, its edge included, and the path of the dark ones in it."""

    size: int
    path: str


def draw(text: str) -> Drawing:
    """Return the drawing, with medium error correction. A row is runs of dark modules, each a rectangle."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    parts = []
    for y, row in enumerate(rows, start=QUIET_MODULES):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                parts.append(f"M{x + QUIET_MODULES} {y}h{end - x}v1h-{end - x}z")
            x = end + 1
    return Drawing(len(rows) + 2 * QUIET_MODULES, "".join(parts))
