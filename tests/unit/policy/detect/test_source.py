"""Guessing is noticed by who guesses and by what is guessed at, in bounded memory."""

from tollway.contract.records import Refused, RefusedKind
from tollway.contract.watching import DEFAULTS, Guessing, Thresholds
from tollway.policy.detect import source
from tollway.policy.detect.source import MARKS_MAX, Guesses


def refused(kind: RefusedKind, mark: int, *, address: str = "192.0.2.1", token_id: str = "") -> Refused:
    return Refused(address, kind, token_id, 1, (mark,), "curl/8")


def test_one_credential_tried_again_and_again_is_no_guessing() -> None:
    guesses = Guesses()
    for second in range(5_000):
        assert guesses.look(second, [refused("malformed", 7)], DEFAULTS) == []
        assert guesses.look(second, [refused("wrong_secret", 7, token_id="a" * 12)], DEFAULTS) == []


def test_addresses_of_one_64_are_one_source() -> None:
    guesses = Guesses()
    found = [
        each
        for number in range(20)
        for each in guesses.look(
            1_000 + number, [refused("malformed", number, address=f"2001:db8::{number:x}")], DEFAULTS
        )
    ]
    assert [(each.detector, each.subject) for each in found] == [("scanning", "2001:db8::/64")]
    other = Guesses()
    for number in range(40):
        address = f"2001:db8:0:{number:x}::1"
        assert other.look(1_000, [refused("malformed", number, address=address)], DEFAULTS) == []


def test_old_guesses_do_not_count_and_an_episode_is_said_once() -> None:
    guesses, rules = Guesses(), Thresholds(scanning=Guessing(count=3, seconds=60))
    said = [len(guesses.look(second, [refused("malformed", second)], rules)) for second in (0, 50, 100, 105, 110, 115)]
    assert said == [0, 0, 0, 1, 0, 0]
    later = 115 + source.AGAIN_SECONDS + 1
    assert [len(guesses.look(later + number, [refused("malformed", number)], rules)) for number in range(3)] == [
        0,
        0,
        1,
    ]


def test_a_token_that_is_guessed_at_from_many_places_is_named() -> None:
    """Each source makes one try, so that none of them is scanning."""
    guesses = Guesses()
    found = [
        each
        for number in range(8)
        for each in guesses.look(
            number, [refused("wrong_secret", number, address=f"192.0.{number}.1", token_id="abcdefABCDEF")], DEFAULTS
        )
    ]
    assert [(each.detector, each.subject, each.severity) for each in found] == [
        ("secret_guessed", "abcdefABCDEF", "high")
    ]


def test_memory_is_bounded() -> None:
    guesses, never = Guesses(), Thresholds(scanning=Guessing(count=1_000_000))
    for number in range(1_000):
        guesses.look(1, [refused("malformed", number)], never)
    (seen,) = guesses._seen.values()
    assert len(seen.marks) == MARKS_MAX
    for number in range(source.SUBJECTS_MAX + 50):
        guesses.look(
            2, [refused("malformed", 1, address=f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}")], never
        )
    assert len(guesses._seen) == source.SUBJECTS_MAX


def test_without_addresses_nobody_is_taken_for_everybody() -> None:
    guesses, found = Guesses(), []
    for number in range(100):
        found += guesses.look(number, [refused("malformed", number, address="")], DEFAULTS)
        found += guesses.look(number, [refused("unknown", number, address="", token_id=f"id{number:010d}")], DEFAULTS)
        found += guesses.look(number, [refused("wrong_secret", number, address="", token_id="a" * 12)], DEFAULTS)
    assert [(each.detector, each.subject) for each in found] == [("secret_guessed", "a" * 12)]
