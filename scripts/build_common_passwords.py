"""Writes src/tollway/control/sessions/common_passwords.bin from the list of common passwords in the package zxcvbn.

`build_common_passwords.py DIR`, where DIR holds the package (`uv pip install --target DIR zxcvbn`). The file is the
sorted first five bytes of the SHA-256 of each password: small, searched by halving, and nothing to read in it.
"""

import hashlib
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/tollway/control/sessions/common_passwords.bin"
PREFIX_BYTES = 5
CHARS_MIN = 6
"""Shorter ones are in too many good passwords, with something around them, to say anything."""


def main() -> int:
    """Write the file; 2 without the package's folder."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    sys.path.insert(0, sys.argv[1])
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-not-found]  # not one of ours

    words = {word for word in FREQUENCY_LISTS["passwords"] if len(word) >= CHARS_MIN}
    digests = sorted({hashlib.sha256(word.encode()).digest()[:PREFIX_BYTES] for word in words})
    TARGET.write_bytes(b"".join(digests))
    print(f"{len(digests)} passwords, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
