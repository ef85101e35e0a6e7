"""Vectors survive base64 as far as 32-bit floats can hold them."""

import math
import struct
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.embeddings.vectors import FLOAT_MAX, pack, unpack


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=9).map(tuple))
def test_vectors_survive(vector):
    assert unpack(pack(vector)) == vector


def test_bytes_are_little_endian():
    assert pack((1.0, -2.0)) == b64encode(struct.pack("<2f", 1.0, -2.0)).decode()


def test_what_is_too_large_is_cut():
    assert unpack(pack((1e300, -1e300))) in ((FLOAT_MAX, -FLOAT_MAX), (math.inf, -math.inf))


@pytest.mark.parametrize("text", ["!", "AAA=", "AAAAAAA="])
def test_what_is_no_vector_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|multiple"):
        unpack(text)
