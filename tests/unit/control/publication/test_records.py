"""A damaged row is published as a record that no worker can take for another."""

import pytest

from tollway.contract.policy import decode_application, decode_token
from tollway.control.model import Damaged
from tollway.control.publication.records import encode_application, encode_token


def test_damaged_rows_refuse_only_themselves() -> None:
    damaged = Damaged("x", "x", "why")
    for encode, decode in ((encode_token, decode_token), (encode_application, decode_application)):
        with pytest.raises(ValueError, match="malformed"):
            decode(encode(damaged))
