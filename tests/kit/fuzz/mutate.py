"""Inputs that were nearly right: edits of bytes, and of the values of JSON texts. The same seed, the same inputs."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

EDITS_MAX = 4
JSON_SCRAPS = (
    b"null",
    b"true",
    b"false",
    b"0",
    b"-1",
    b"1.5",
    b"1e309",
    b"-1e-400",
    b"9223372036854775808",
    b"1" + b"0" * 400,
    b'""',
    b'"auto"',
    b'"x"',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"data:image/png;base64,AAAA"',
    b'"data:;base64,"',
    b'"\xff"',
    b"[]",
    b"{}",
    b"[null]",
    b"[[]]",
    b'{"type":"text"}',
    b'{"":0}',
    b"[" * 1_100 + b"]" * 1_100,
    b'{"a":' * 600 + b"1" + b"}" * 600,
)


class Bytes:
    """Makes inputs of a corpus by removing, doubling and putting in pieces of bytes."""

    def __init__(self, corpus: Sequence[bytes], scraps: Sequence[bytes], seed: int) -> None:
        self._corpus = list(corpus)
        self._scraps = list(scraps)
        self._random = random.Random(seed)

    def next(self) -> bytes:
        """Return an input with one to EDITS_MAX edits; one in 64 has none."""
        draw = self._random.random
        data = self._corpus[int(draw() * len(self._corpus))]
        for _ in range(int(draw() * 64) and int(draw() * EDITS_MAX) + 1):
            data = self._edit(data)
        return data

    def _edit(self, data: bytes) -> bytes:
        draw = self._random.random
        at = int(draw() * (len(data) + 1))
        kind = int(draw() * 8)
        if kind < 3:
            return data[:at] + self._scraps[int(draw() * len(self._scraps))] + data[at + int(draw() * 3) :]
        if kind == 3:
            return data[:at] + bytes((int(draw() * 256),)) + data[at + 1 :]
        if kind == 4:
            return data[:at] + data[at + 1 + int(draw() * 8) :]
        if kind == 5:
            size = int(draw() * 24)
            return data[: at + size] + data[at:]
        if kind == 6:
            return data[:at]
        other = self._corpus[int(draw() * len(self._corpus))]
        return data[:at] + other[int(draw() * len(other)) :]


@dataclass
class Text:
    """A text with JSON in it, and where its values and names are."""

    raw: bytes
    values: list[tuple[int, int]] = field(default_factory=list)
    names: list[tuple[int, int]] = field(default_factory=list)


def text_of(value: Any) -> Text:
    """Write a value and note where each name and value in it is."""
    out, text = bytearray(), Text(b"")
    _write(value, out, text)
    text.raw = bytes(out)
    return text


def stream_of(raw: bytes) -> Text:
    """Read a stream of server-sent events, and note where the values in its events are."""
    out, text = bytearray(), Text(b"")
    for line in raw.splitlines(keepends=True):
        if line.startswith(b"data: {"):
            out += b"data: "
            _write(json.loads(line[6:]), out, text)
            out += b"\n"
        else:
            out += line
    text.raw = bytes(out)
    return text


def _write(value: Any, out: bytearray, text: Text) -> None:
    begin = len(out)
    if isinstance(value, dict):
        out += b"{"
        for number, (name, item) in enumerate(value.items()):
            out += b"," if number else b""
            text.names.append((len(out), len(out) + len(json.dumps(name))))
            out += json.dumps(name).encode() + b":"
            _write(item, out, text)
        out += b"}"
    elif isinstance(value, list):
        out += b"["
        for number, item in enumerate(value):
            out += b"," if number else b""
            _write(item, out, text)
        out += b"]"
    else:
        out += json.dumps(value).encode()
    text.values.append((begin, len(out)))


class Values:
    """Makes inputs of texts by putting other values, or names, in the place of some; one in eight is edited byte by
    byte.
    """

    def __init__(self, corpus: Sequence[Text], seed: int) -> None:
        self._corpus = list(corpus)
        self._random = random.Random(seed)
        self._bytes = Bytes([text.raw for text in corpus], (b'"', b"{", b"}", b",", b"\\u", b"\n", b"\xc3"), seed)

    def next(self) -> bytes:
        """Return one input."""
        draw = self._random.random
        if draw() < 0.125:
            return self._bytes.next()
        text = self._corpus[int(draw() * len(self._corpus))]
        changes = [self._change(text) for _ in range(int(draw() * 3) + 1)]
        data, before = text.raw, len(text.raw)
        for (begin, end), other in sorted(changes, reverse=True):
            if end <= before:  # none inside of another
                data = data[:begin] + other + data[end:]
                before = begin
        return data

    def _change(self, text: Text) -> tuple[tuple[int, int], bytes]:
        draw = self._random.random
        other = self._corpus[int(draw() * len(self._corpus))]
        if draw() < 0.2 and text.names and other.names:
            return self._one(text.names), _part(other, self._one(other.names))
        scrap = JSON_SCRAPS[int(draw() * len(JSON_SCRAPS))]
        return self._one(text.values), scrap if draw() < 0.5 else _part(other, self._one(other.values))

    def _one(self, places: list[tuple[int, int]]) -> tuple[int, int]:
        return places[int(self._random.random() * len(places))]


def _part(text: Text, place: tuple[int, int]) -> bytes:
    return text.raw[slice(*place)]
