"""Looks into files on disk, in pieces, so that a file of any size takes the memory of one piece.

Symbolic links are not followed, sockets and devices not opened; what `git` keeps is left to history.py.
"""

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tollway.cli.scanning.model import Finding, Looked
from tollway.policy.token_search import find_tokens

PIECE_BYTES = 1_048_576
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def list_files(root: Path, looked: Looked) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names, or the file itself; none of a `.git` folder."""
    if not root.is_dir():
        yield root
        return
    for folder, names, files in os.walk(root, onerror=lambda error: _skip(looked, error.filename, error)):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted(files):
            yield Path(folder, name)


def scan_file(path: Path, looked: Looked) -> Iterator[Finding]:
    """Yield the tokens in one file; what cannot be read is noted in `looked`."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        with path.open("rb") as opened:
            looked.files += 1
            for hit in find_tokens(read_text(_pieces(opened, looked))):
                yield Finding(str(path), hit.line, hit.column, hit.token)
    except OSError as error:
        _skip(looked, str(path), error)


def read_text(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the pieces of a text in an encoding that keeps ASCII; UTF-16, as Windows writes it, is decoded."""
    first = next(pieces, b"")
    encoding = _WIDE.get(first[:2])
    if encoding is None:
        yield first
        yield from pieces
        return
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    yield decode(first).encode()
    for piece in pieces:
        yield decode(piece).encode()


def _pieces(opened: BinaryIO, looked: Looked) -> Iterator[bytes]:
    while piece := opened.read(PIECE_BYTES):
        looked.bytes += len(piece)
        yield piece


def _skip(looked: Looked, path: str, error: OSError) -> None:
    looked.skipped.append(f"{path}: {error.strerror or error}")
