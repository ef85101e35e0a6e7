"""Only a whole, unchanged token is read; everything near it is refused without a look-up."""

import hmac
import re
import sys
import time
import timeit
import unicodedata
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.ids import BASE62, encode_base62
from tollway.policy.token import (
    KINDS,
    RANDOM_BYTES,
    SCANNER_EXPRESSION,
    find_public_id,
    generate_token,
    mask,
    mask_all,
    parse_token,
    renew_token,
)

TOKEN = generate_token("s", bytes(range(48))).reveal()
random_bytes = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(st.sampled_from(sorted(KINDS)), random_bytes)
def test_every_generated_token_is_read_back(kind: str, seed: bytes) -> None:
    token = generate_token(kind, seed).reveal()
    parsed = parse_token(token)
    assert parsed is not None
    assert (parsed.kind, parsed.id, parsed.raw) == (kind, token[4:16], token.encode())
    assert parse_token(token.encode()) == parsed
    assert token.endswith(encode_base62(zlib.crc32(token[:59].encode()), 6))
    assert re.findall(SCANNER_EXPRESSION, f"see {token}, please") == [token]


@given(random_bytes, random_bytes)
def test_different_randomness_gives_different_secrets(one: bytes, two: bytes) -> None:
    tokens = {generate_token("p", seed).reveal()[16:59] for seed in (one, two)}
    assert len(tokens) == len({one[16:], two[16:]})


def test_every_prefix_and_suffix_is_refused() -> None:
    for cut in range(1, len(TOKEN) + 1):
        assert parse_token(TOKEN[:-cut]) is None
        assert parse_token(TOKEN[cut:]) is None


def test_every_edit_of_one_character_is_refused() -> None:
    for place in range(len(TOKEN)):
        for char in BASE62 + "_-. \n\0é０":
            if char != TOKEN[place]:
                assert parse_token(TOKEN[:place] + char + TOKEN[place + 1 :]) is None
        assert parse_token(TOKEN[:place] + TOKEN[place + 1 :]) is None
        assert parse_token(TOKEN[:place] + TOKEN[place] + TOKEN[place:]) is None


@given(random_bytes, st.data())
def test_changed_case_is_refused(seed: bytes, data: st.DataObject) -> None:
    token = generate_token("s", seed).reveal()
    letters = [place for place, char in enumerate(token) if char.isalpha()]
    changed = data.draw(st.sets(st.sampled_from(letters), min_size=1, max_size=1))
    assert parse_token("".join(c.swapcase() if i in changed else c for i, c in enumerate(token))) is None
    assert parse_token(token.upper()) is None
    assert parse_token(token.lower()) is None


@pytest.mark.parametrize("byte", range(256))
def test_an_added_byte_is_refused_at_either_end(byte: int) -> None:
    raw = TOKEN.encode()
    assert parse_token(raw + bytes((byte,))) is None
    assert parse_token(bytes((byte,)) + raw) is None


def test_digits_of_other_scripts_are_refused() -> None:
    wide = {str(unicodedata.digit(char)): char for char in "０１２３４５６７８９"}
    assert parse_token("".join(wide.get(char, char) for char in TOKEN)) is None
    assert parse_token(TOKEN.replace("tws", "ｔws")) is None
    assert parse_token(TOKEN + "\ud800") is None


@given(st.text() | st.binary(), st.from_regex(SCANNER_EXPRESSION, fullmatch=True))
def test_text_that_was_not_made_here_is_refused_and_never_raises(text: str | bytes, formed: str) -> None:
    assert parse_token(text) is None
    good = formed.isascii() and formed[59:] == encode_base62(zlib.crc32(formed[:59].encode()), 6)
    assert (parse_token(formed) is not None) == good


def test_a_swapped_kind_letter_is_refused() -> None:
    for kind in KINDS - {"s"}:
        assert parse_token(f"tw{kind}" + TOKEN[3:]) is None


def test_no_representation_shows_the_secret() -> None:
    parsed = parse_token(TOKEN)
    assert parsed is not None
    assert TOKEN[16:] not in repr(parsed) + str(parsed) + f"{parsed}"
    assert mask(parsed.id, parsed.kind) == f"tws_{parsed.id}…"


@pytest.mark.parametrize(("kind", "seed"), [("x", bytes(48)), ("", bytes(48)), ("s", bytes(47)), ("s", bytes(49))])
def test_wrong_use_of_the_generator_is_refused(kind: str, seed: bytes) -> None:
    with pytest.raises(ValueError, match=r"kind|bytes"):
        generate_token(kind, seed)


def processor_seconds(work: Callable[[], object]) -> float:
    """The least of several tries of 500 rounds; waiting for a busy machine does not count."""
    return min(timeit.repeat(work, timer=time.process_time, number=500, repeat=9))


@pytest.mark.skipif(sys.gettrace() is not None, reason="each line is counted: the time is not the code's")
@pytest.mark.parametrize("text", [TOKEN, TOKEN[:-1] + "!", "x" * 4096])
def test_reading_costs_less_than_five_times_the_mac_that_follows(text: str) -> None:
    """It stands before every look-up, so that nonsense is refused cheaply. Measured against the same machine."""
    mac = processor_seconds(lambda: hmac.digest(b"k" * 32, TOKEN.encode(), "sha256"))
    assert processor_seconds(lambda: parse_token(text)) < 5 * mac


def test_every_token_in_a_text_is_masked_and_the_rest_stays() -> None:
    other = generate_token("w", bytes(48)).reveal()
    text = f'{{"a":"{TOKEN}","b":["{other}"],"c":"tws_short"}}'
    assert mask_all(text) == f'{{"a":"{TOKEN[:16]}…","b":["{other[:16]}…"],"c":"tws_short"}}'


def test_another_secret_of_a_token_keeps_its_public_id_and_nothing_else() -> None:
    first = parse_token(generate_token("s", bytes(range(48))).reveal())
    assert first is not None
    again = parse_token(renew_token("s", first.id, bytes(32)).reveal())
    assert again is not None
    assert (again.kind, again.id) == ("s", first.id)
    assert again.raw[16:] != first.raw[16:]
    with pytest.raises(ValueError, match="32 random bytes"):
        renew_token("s", first.id, bytes(31))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"tws_abcdefABCDEF{'x' * 49}", "abcdefABCDEF"),
        (" tws_abcdefABCDEF… ", "abcdefABCDEF"),
        ("twp_abcdefABCDEF", "abcdefABCDEF"),
        ("abcdefABCDEF", None),
        ("twz_abcdefABCDEF", None),
        ("tws_abcdef", None),
        ("tws_abcdefABCDEF\n; x", None),
    ],
)
def test_the_public_id_of_a_pasted_token_is_found(text: str, found: str | None) -> None:
    assert find_public_id(text) == found
