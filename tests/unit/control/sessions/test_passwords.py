"""argon2id in a bounded pool."""

import threading

import argon2
import pytest

from tollway.control.sessions.passwords import RUNNING_MAX, WAITING_MAX, Argon2Hasher
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret, SecretRing


def hasher(pepper: bytes = b"pepper", **options: int) -> Argon2Hasher:
    return Argon2Hasher(SecretRing((1, Secret(pepper))), **{"memory_kib": 64, "passes": 1, **options})


def test_a_password_matches_its_own_hash_alone() -> None:
    one = hasher()
    stored = one.hash("a quiet orange bicycle")
    assert stored.startswith("$argon2id$") and "bicycle" not in stored
    assert one.verify("a quiet orange bicycle", stored)
    assert not one.verify("a quiet orange bicycles", stored)
    assert not one.verify("a quiet orange bicycle", None)
    assert not one.verify("a quiet orange bicycle", "damaged")
    assert not hasher(b"other").verify("a quiet orange bicycle", stored), "without the pepper a hash is worth nothing"


def test_two_ways_to_write_a_letter_are_one_password() -> None:
    one = hasher()
    assert one.verify("caf\u00e9 caf\u00e9 caf\u00e9", one.hash("cafe\u0301 cafe\u0301 cafe\u0301"))


def test_the_parameters_are_those_promised() -> None:
    stored = Argon2Hasher(SecretRing((1, Secret(b"p"))))._dummy
    assert "m=65536,t=3,p=1" in stored
    assert Argon2Hasher(SecretRing((1, Secret(b"p")))).needs_rehash(hasher().hash("a quiet orange bicycle"))


def test_the_pool_runs_two_and_refuses_when_its_queue_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    one = hasher()
    go, running, peak = threading.Event(), 0, 0
    lock = threading.Lock()

    class Slow:
        def hash(self, _: bytes) -> str:
            nonlocal running, peak
            with lock:
                running += 1
                peak = max(peak, running)
            go.wait(5)
            with lock:
                running -= 1
            return "x"

    monkeypatch.setattr(one, "_argon2", Slow())
    threads = [threading.Thread(target=one.hash, args=("x",)) for _ in range(RUNNING_MAX + WAITING_MAX)]
    for thread in threads:
        thread.start()
    with pytest.raises(TollwayError, match=r"management\.throttled"):
        for _ in range(1_000):
            one._places.acquire(timeout=0.001) and one._places.release()
            one.hash("x")
    go.set()
    for thread in threads:
        thread.join()
    assert peak == RUNNING_MAX
    assert one.hash("x") == "x"


def test_without_a_hash_the_same_work_is_done() -> None:
    """Else the time would tell which names exist."""
    one = hasher(passes=3)
    stored = one.hash("a quiet orange bicycle")
    assert argon2.extract_parameters(one._dummy) == argon2.extract_parameters(stored)


def test_a_password_of_an_older_root_key_is_accepted_and_hashed_anew() -> None:
    def with_peppers(*peppers: tuple[int, bytes]) -> Argon2Hasher:
        ring = SecretRing(*((number, Secret(pepper)) for number, pepper in peppers))
        return Argon2Hasher(ring, memory_kib=64, passes=1)

    before, during, after = (
        with_peppers((1, b"one")),
        with_peppers((2, b"two"), (1, b"one")),
        with_peppers((2, b"two")),
    )
    old = before.hash("a quiet orange bicycle")
    assert old.startswith("$argon2id$")
    assert during.verify("a quiet orange bicycle", old) and during.needs_rehash(old)
    assert not during.verify("a quiet orange bicycl", old)
    new = during.hash("a quiet orange bicycle")
    assert new.startswith("2$argon2id$") and not during.needs_rehash(new)
    assert after.verify("a quiet orange bicycle", new)
    assert not after.verify("a quiet orange bicycle", old), "its key is retired"
