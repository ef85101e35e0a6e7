"""Kept responses are sealed again beside the workers that use them; what opens with no key keeps nothing waiting."""

import time
from pathlib import Path

from tollway.adapters.response_states import Bounds, LMDBResponseStates
from tollway.adapters.response_states.layout import Entry, build_key, encode_entry, open_environment
from tollway.adapters.response_states.resealing import SealedResponses
from tollway.adapters.secrets import KeyRing, RootKey
from tollway.contract.response_states import VERSION, KeptHere
from tollway.kernel.secret import Secret

FIRST, SECOND = RootKey(1, Secret(bytes(range(32)))), RootKey(2, Secret(bytes(range(1, 33))))
BOUNDS = Bounds(bytes_max=4_194_304)


def _state(number: int) -> KeptHere:
    return KeptHere(VERSION, f"resp_{number}", "m", 1, b"{}", b"[]")


async def test_all_are_sealed_again_and_found_again(tmp_path: Path) -> None:
    ring = KeyRing((FIRST,))
    store = LMDBResponseStates(tmp_path, box=ring.response_states, bounds=BOUNDS)
    try:
        for number in range(10):
            assert await store.put("alice", _state(number))
        ring.adopt((SECOND, FIRST))
        # Another process of the same node looks after it, with a ring of its own.
        place = SealedResponses(tmp_path, KeyRing((SECOND, FIRST)).response_states, BOUNDS.map_bytes)
    finally:
        store.close()
    assert (place.name, place.count_old()) == ("kept responses", 10)
    assert [place.reseal(4) for _ in range(4)] == [4, 4, 2, 0]
    assert place.count_old() == 0
    place.close()
    after = LMDBResponseStates(tmp_path, box=KeyRing((SECOND,)).response_states, bounds=BOUNDS)
    try:
        assert [after.find("alice", f"resp_{number}") for number in range(10)] == [_state(n) for n in range(10)]
    finally:
        after.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    place = SealedResponses(tmp_path / "responses", KeyRing((SECOND, FIRST)).response_states, BOUNDS.map_bytes)
    assert (place.count_old(), place.reseal(10)) == (0, 0)
    assert not (tmp_path / "responses").exists()
    place.close()


def test_a_damaged_state_is_left_as_it_is(tmp_path: Path) -> None:
    old = KeyRing((FIRST,)).response_states
    environment, tables = open_environment(tmp_path, BOUNDS.map_bytes)
    with environment.begin(write=True) as transaction:
        moved = Entry(kept_ns=time.time_ns(), size=1, items=(), sealed=old.seal(b"x", b"elsewhere"))
        transaction.put(build_key("alice", "resp_1").joined(), encode_entry(moved), db=tables.states)
        transaction.put(build_key("alice", "resp_2").joined(), b"\xff", db=tables.states)
    environment.close()
    place = SealedResponses(tmp_path, KeyRing((SECOND, FIRST)).response_states, BOUNDS.map_bytes)
    assert place.count_old() == 1
    assert place.reseal(10) == 0
    assert place.count_old() == 0
    place.close()
