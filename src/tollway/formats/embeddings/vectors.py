"""Vectors as bytes: OpenAI's base64 of little-endian 32-bit floats, and back.

https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-encoding_format
"""

import binascii
import sys
from array import array
from base64 import b64decode, b64encode

FLOAT_MAX = 3.4028234663852886e38
"""The largest 32-bit float; what is larger is cut to it."""


def pack(vector: tuple[float, ...]) -> str:
    """Return a vector as base64."""
    try:
        packed = array("f", vector)
    except OverflowError:
        packed = array("f", [min(max(value, -FLOAT_MAX), FLOAT_MAX) for value in vector])
    if sys.byteorder == "big":
        packed.byteswap()
    return b64encode(packed.tobytes()).decode()


def unpack(text: str) -> tuple[float, ...]:
    """Return the vector in base64. Raises ValueError when it is none."""
    try:
        raw = b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("the vector is not in base64") from error
    packed = array("f")
    packed.frombytes(raw)
    if sys.byteorder == "big":
        packed.byteswap()
    return tuple(packed)
