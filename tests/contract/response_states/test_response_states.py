"""What a worker kept every worker finds, its owner alone; whatever dies or is stopped, the file says one thing."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tollway.adapters.response_states import Bounds, LMDBResponseStates
from tollway.adapters.response_states.changes import OVERHEAD_BYTES
from tollway.adapters.response_states.layout import Tables, build_key, open_environment
from tollway.adapters.response_states.writing import WAITING_BYTES_MAX, WAITING_MAX
from tollway.adapters.secrets import KeyRing
from tollway.contract.response_states import VERSION, KeptHere, KeptUpstream
from tollway.gateway.response_states import ResponseStates
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

RING = KeyRing(Secret(bytes(range(32))))
ALICE, BOB = "application:app_1", "token:t2"
SMALL = Bounds(bytes_max=4_194_304, state_bytes_max=1_048_576)


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)


def here(response_id: str, size: int = 2) -> KeptHere:
    return KeptHere(VERSION, response_id, "m", 7, b"x" * size, b"[]")


Opens = Callable[..., LMDBResponseStates]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    stores: list[LMDBResponseStates] = []

    def open_store(bounds: Bounds = SMALL, clock: Callable[[], int] = time.time_ns, ring: KeyRing = RING):
        store = LMDBResponseStates(tmp_path / "responses", box=ring.response_states, bounds=bounds, now_ns=clock)
        stores.append(store)
        return store

    yield open_store
    for store in stores:
        store.close()
        store.close()


async def test_what_is_kept_is_found_until_it_is_deleted(opens: Opens) -> None:
    store: ResponseStates = opens()
    upstream = KeptUpstream(VERSION, "resp_2", "m", 7, "prov", "key", "gpt", 9)
    assert await store.put(ALICE, here("resp_1")) and await store.put(ALICE, upstream)
    assert store.find(ALICE, "resp_1") == here("resp_1") and store.find(ALICE, "resp_2") == upstream
    assert await store.put(ALICE, here("resp_1", 5))
    assert store.find(ALICE, "resp_1") == here("resp_1", 5)
    assert await store.delete(ALICE, "resp_1") is True
    assert store.find(ALICE, "resp_1") is None
    assert await store.delete(ALICE, "resp_1") is False


async def test_another_owners_response_does_not_exist(opens: Opens) -> None:
    store = opens()
    await store.put(ALICE, here("resp_1"), ("msg_1",))
    assert store.find(BOB, "resp_1") is None and store.find_by_item(BOB, "msg_1") is None
    assert await store.delete(BOB, "resp_1") is False
    await store.put(BOB, here("resp_1", 9))
    assert store.find(ALICE, "resp_1") == here("resp_1")


async def test_items_lead_to_the_response_that_has_them_last(opens: Opens) -> None:
    store = opens()
    await store.put(ALICE, here("resp_1"), ("msg_1", "msg_2"))
    await store.put(ALICE, here("resp_2"), ("msg_2", "msg_3"))
    found = [store.find_by_item(ALICE, f"msg_{number}") for number in (1, 2, 3, 4)]
    assert [None if state is None else state.id for state in found] == ["resp_1", "resp_2", "resp_2", None]
    await store.delete(ALICE, "resp_1")
    assert store.find_by_item(ALICE, "msg_1") is None
    state = store.find_by_item(ALICE, "msg_2")
    assert state is not None and state.id == "resp_2"


async def test_nothing_of_the_content_is_readable_in_the_file(opens: Opens, tmp_path: Path) -> None:
    store = opens()
    await store.put(ALICE, KeptHere(VERSION, "resp_secretid", "m", 7, b"the customer's words", b"[]"), ("msg_item",))
    raw = (tmp_path / "responses" / "data.mdb").read_bytes()
    for word in (b"customer", b"resp_secretid", b"app_1", b"msg_item"):
        assert word not in raw
    assert (tmp_path / "responses" / "data.mdb").stat().st_mode & 0o077 == 0


async def test_a_sealed_state_opens_nowhere_else(opens: Opens, tmp_path: Path) -> None:
    store = opens()
    await store.put(ALICE, here("resp_1"))
    await store.put(ALICE, here("resp_2"))
    store.close()
    environment, tables = open_environment(tmp_path / "responses", 100_000_000)
    with environment.begin(write=True) as transaction:
        other = transaction.get(build_key(ALICE, "resp_2").joined(), db=tables.states)
        transaction.put(build_key(ALICE, "resp_1").joined(), other, db=tables.states)
        transaction.put(build_key(ALICE, "resp_2").joined(), b"\xc1damaged", db=tables.states)
    environment.close()
    again = opens()
    assert again.find(ALICE, "resp_1") is None and again.find(ALICE, "resp_2") is None
    assert await again.put(ALICE, here("resp_2")) and again.find(ALICE, "resp_2") == here("resp_2")


async def test_another_root_key_opens_nothing(opens: Opens) -> None:
    store = opens()
    await store.put(ALICE, here("resp_1"))
    store.close()
    assert opens(ring=KeyRing(Secret(bytes(range(1, 33))))).find(ALICE, "resp_1") is None


async def test_what_is_too_old_is_gone_and_then_forgotten(opens: Opens, tmp_path: Path) -> None:
    clock = Clock()
    store = opens(Bounds(bytes_max=4_194_304, age_seconds_max=100), clock)
    for number in range(300):
        store.put_soon(ALICE, here(f"resp_{number}"), (f"msg_{number}",))
    await store.put(ALICE, here("resp_last"))
    clock.advance(99)
    assert store.find(ALICE, "resp_0") is not None
    clock.advance(2)
    assert store.find(ALICE, "resp_0") is None and store.find_by_item(ALICE, "msg_0") is None
    for _ in range(2):
        store.sweep_soon()
    await store.put(ALICE, here("resp_new"))
    store.close()
    assert counts(tmp_path) == Tables(states=1, ages=1, owned=1, sums=1, items=0, turns=0)


def counts(tmp_path: Path) -> Tables:
    """Return how many rows each table has."""
    environment, tables = open_environment(tmp_path / "responses", 100_000_000)
    with environment.begin() as transaction:
        found = Tables(*(transaction.stat(db=table)["entries"] for table in tables))
    environment.close()
    return found


async def test_an_owner_has_a_quarter_at_most_and_its_oldest_go_first(opens: Opens) -> None:
    store = opens()
    assert await store.put(BOB, here("resp_bob", 100_000))
    for number in range(20):
        assert await store.put(ALICE, here(f"resp_{number}", 100_000))
    kept = [number for number in range(20) if store.find(ALICE, f"resp_{number}") is not None]
    fits = SMALL.owner_bytes_max // (100_000 + OVERHEAD_BYTES)
    assert kept == list(range(20))[-len(kept) :] and fits - 1 <= len(kept) <= fits
    assert store.find(BOB, "resp_bob") is not None


async def test_all_together_stay_within_the_bound_and_the_oldest_go_first(opens: Opens, tmp_path: Path) -> None:
    store = opens()
    for number in range(120):
        assert await store.put(f"token:{number}", here("resp_1", 100_000))
    kept = [number for number in range(120) if store.find(f"token:{number}", "resp_1") is not None]
    assert kept == list(range(120))[-len(kept) :]
    assert 30 <= len(kept) <= SMALL.bytes_max // 100_000
    assert (tmp_path / "responses" / "data.mdb").stat().st_size <= 2 * SMALL.bytes_max + 67_108_864


async def test_a_file_that_is_full_is_relieved(opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.adapters.response_states.store._SPARE_BYTES", -6_291_456)
    store = opens()  # The map has half of what may be kept.
    for number in range(60):
        assert await store.put(f"token:{number}", here("resp_1", 100_000))
    assert store.find("token:59", "resp_1") is not None
    assert (tmp_path / "responses" / "data.mdb").stat().st_size <= 2_097_152


async def test_a_file_that_stays_full_is_a_failure_of_the_store(
    opens: Opens, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tollway.adapters.response_states.store._SPARE_BYTES", -8_388_608 + 131_072)
    store = opens()
    with pytest.raises(TollwayError) as caught:
        await store.put(ALICE, here("resp_1", 400_000))
    assert caught.value.code.name == "gateway.states_unavailable" and "not kept" in caplog.text
    assert await store.put(ALICE, here("resp_2"))


async def test_what_is_too_large_is_not_kept(opens: Opens) -> None:
    store = opens()
    assert await store.put(ALICE, here("resp_1", SMALL.owner_bytes_max)) is False
    assert store.put_soon(ALICE, here("resp_1", SMALL.owner_bytes_max)) is False
    assert store.find(ALICE, "resp_1") is None


async def test_what_was_handed_over_is_found_with_patience(opens: Opens) -> None:
    store = opens()
    assert store.put_soon(ALICE, here("resp_1")) is True
    assert await store.find_patiently(ALICE, "resp_1") == here("resp_1")
    assert await store.find_patiently(BOB, "resp_1") is None


async def test_items_that_were_handed_over_are_found_with_patience(opens: Opens) -> None:
    store = opens()
    store.put_soon(ALICE, here("resp_1"), ("msg_1", "msg_2"))
    began = time.monotonic()
    found = await store.find_items_patiently(ALICE, ("msg_1", "msg_2"))
    assert {item_id: state.id for item_id, state in found.items()} == {"msg_1": "resp_1", "msg_2": "resp_1"}
    assert await store.find_items_patiently(ALICE, ()) == {}
    assert set(await store.find_items_patiently(ALICE, ("msg_1", "msg_3", "msg_4"))) == {"msg_1"}
    assert await store.find_items_patiently(BOB, ("msg_1",)) == {}
    assert time.monotonic() - began < 2


async def test_a_store_that_is_closed_keeps_what_was_handed_over(opens: Opens) -> None:
    store = opens()
    for number in range(100):
        store.put_soon(ALICE, here(f"resp_{number}"))
    store.close()
    again = opens()
    assert all(again.find(ALICE, f"resp_{number}") is not None for number in range(100))


def test_what_cannot_be_opened_is_told_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "responses").mkdir()
    (tmp_path / "responses" / "data.mdb").write_bytes(b"nonsense" * 1_000)
    with pytest.raises(TollwayError) as caught:
        LMDBResponseStates(tmp_path / "responses", box=RING.response_states, bounds=SMALL)
    assert caught.value.code.name == "gateway.states_unavailable" and caught.value.internal


# --- several processes --------------------------------------------------------------------------------------------

SOURCE = """
import asyncio, pathlib, sys
from tollway.adapters.response_states import Bounds, LMDBResponseStates
from tollway.adapters.secrets import KeyRing
from tollway.contract.response_states import VERSION, KeptHere
from tollway.kernel.secret import Secret

async def main():
    path, name, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    bounds = Bounds(bytes_max=268_435_456, write_seconds=float(sys.argv[4]))
    store = LMDBResponseStates(path, box=KeyRing(Secret(bytes(range(32)))).response_states, bounds=bounds)
    print("open", flush=True)
    for number in range(count):
        state = KeptHere(VERSION, f"resp_{name}_{number}", "m", 7, b"x" * 2_000, b"[]")
        await store.put("application:app_1", state, (f"msg_{name}_{number}",))
        print(number, flush=True)
    store.close()
    print("done", flush=True)

asyncio.run(main())
"""


def start(tmp_path: Path, name: str, count: int, write_seconds: float = 5.0) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", SOURCE, str(tmp_path / "responses"), name, str(count), str(write_seconds)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    return process


def test_what_one_process_keeps_the_others_find_at_once(opens: Opens, tmp_path: Path) -> None:
    store = opens(Bounds(bytes_max=268_435_456))
    writers = [start(tmp_path, name, 50) for name in ("a", "b", "c")]
    for name, writer in zip(("a", "b", "c"), writers, strict=True):
        assert writer.stdout is not None
        for number in range(50):
            assert writer.stdout.readline() == f"{number}\n"
            assert store.find(ALICE, f"resp_{name}_{number}") is not None
        assert writer.stdout.readline() == "done\n" and writer.wait() == 0
        writer.stdout.close()
    assert store.find_by_item(ALICE, "msg_b_7") is not None


def test_a_killed_writer_loses_nothing_that_was_kept_and_blocks_nobody(opens: Opens, tmp_path: Path) -> None:
    kept: list[str] = []
    for turn in range(6):
        writers = {name: start(tmp_path, name, 100_000) for name in (f"x{turn}", f"y{turn}")}
        for name, writer in writers.items():
            assert writer.stdout is not None
            for _ in range(secrets.randbelow(30) + 5):
                kept.append(f"resp_{name}_{writer.stdout.readline().strip()}")
        for writer in writers.values():
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
            assert writer.stdout is not None
            writer.stdout.close()
    store = opens(Bounds(bytes_max=268_435_456))
    assert all(store.find(ALICE, response_id) is not None for response_id in kept)
    asyncio.run(_keep_one_more(store))
    store.close()
    rows = counts(tmp_path)
    assert rows.states == rows.ages == rows.owned == rows.items + 1 and rows.sums == 1


async def _keep_one_more(store: LMDBResponseStates) -> None:
    assert await store.put(ALICE, here("resp_more"))


HOLDER = """
import lmdb, sys, time
environment = lmdb.open(sys.argv[1], map_size=603_979_776, max_dbs=8)
with environment.begin(write=True):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def a_stopped_holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the file's lock and is stopped, until it is killed at the end."""
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path / "responses")]
    holder = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        os.kill(holder.pid, signal.SIGSTOP)
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


async def test_a_stopped_process_never_stops_another_ones_loop(opens: Opens, tmp_path: Path) -> None:
    """Its lock lets the writes of others time out, and nothing else."""
    store = opens(Bounds(bytes_max=268_435_456, write_seconds=0.3))
    await store.put(ALICE, here("resp_1"))
    with a_stopped_holder(tmp_path):
        began = time.monotonic()
        with pytest.raises(TollwayError) as caught:
            await store.put(ALICE, here("resp_2"))
        assert caught.value.code.name == "gateway.states_unavailable"
        with pytest.raises(TollwayError):
            await store.delete(ALICE, "resp_1")
        assert store.find(ALICE, "resp_1") is not None
        turned_away = [store.put_soon(ALICE, here(f"resp_{number}")) for number in range(WAITING_MAX + 5)]
        assert turned_away.count(False) >= 5 and time.monotonic() - began < 3
        with pytest.raises(TollwayError):
            await store.delete(ALICE, "resp_1")
    assert await store.find_patiently(ALICE, "resp_2") is not None  # What waited is written once the lock is free.


async def test_closing_does_not_wait_for_a_stopped_process(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.adapters.response_states.writing.CLOSE_SECONDS", 0.2)
    store = opens(Bounds(bytes_max=268_435_456))
    with a_stopped_holder(tmp_path):
        store.put_soon(ALICE, here("resp_1"))
        began = time.monotonic()
        store.close()
        assert time.monotonic() - began < 2


async def test_what_waits_is_bounded_in_bytes(opens: Opens) -> None:
    store = opens(Bounds(bytes_max=1_073_741_824))
    large = here("resp_1", 30_000_000)
    handed = [store.put_soon(ALICE, large) for _ in range(4)]
    assert sum(handed) * 30_000_000 <= WAITING_BYTES_MAX + 30_000_000 and handed[0] is True
