"""The drawing is the code that the library computed, module by module."""

import re

import segno

from tollway.control.factors.qr import QUIET_MODULES, draw


def test_the_path_covers_exactly_the_dark_modules() -> None:
    text = "otpauth://totp/Tollway:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tollway"
    found = draw(text)
    matrix = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    assert found.size == len(matrix) + 2 * QUIET_MODULES
    dark = set()
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", found.path):
        assert width == back
        dark |= {(int(x) + n, int(y)) for n in range(int(width))}
    wanted = {(x + 4, y + 4) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert dark == wanted


def test_nothing_but_the_path_is_in_the_path() -> None:
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", draw('"><script>').path)
