"""Letters that wait, on both engines: the longest due first, claimed by one, bounded."""

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.letters import SQLLetterStore
from tollway.control.notices.model import Letter, WaitingLetter


def waiting(number: int) -> WaitingLetter:
    return WaitingLetter(f"let_{number}", Letter(f"{number}@example.org", f"Größe {number}", "a\nb"), number)


def test_letters_are_claimed_put_off_and_removed(config: ConfigDatabase) -> None:
    store = SQLLetterStore(config)
    assert not store.has_due(10)
    with config.write():
        for number in (2, 1, 3):
            assert store.add(waiting(number), most=3) == 0
        assert store.claim(now_ns=10, until_ns=20) == waiting(1)
        assert store.claim(now_ns=10, until_ns=20) == waiting(2)
        store.put_off("let_1", due_ns=15, attempts=4)
        store.remove("let_2")
        assert store.claim(now_ns=10, until_ns=20) == waiting(3)
    assert not store.has_due(14) and store.has_due(15) and store.count() == 2
    with config.write():
        found = store.claim(now_ns=15, until_ns=25)
        assert found is not None and (found.id, found.attempts) == ("let_1", 4)
        assert store.claim(now_ns=19, until_ns=25) is None
        assert store.claim(now_ns=20, until_ns=25) == waiting(3), "a claim that nobody finished runs out"


def test_above_the_bound_the_oldest_go(config: ConfigDatabase) -> None:
    store = SQLLetterStore(config)
    with config.write():
        assert [store.add(waiting(number), most=2) for number in (5, 4, 6, 7)] == [0, 0, 1, 1]
        assert [store.claim(now_ns=10, until_ns=20), store.claim(now_ns=10, until_ns=20)] == [waiting(6), waiting(7)]
