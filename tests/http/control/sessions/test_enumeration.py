"""Who has an account is told by nothing: not by text, not by status, and not by how long an answer takes.

Medians of whole answers are compared, generously: what would tell people apart is a password hash that is computed for
some and not for others, which is far more than a factor of two.
"""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.console import NAME, Console, console_on
from kit.matrix import add_person
from tollway.control.accounts.model import NewUser
from tollway.control.actor import OPERATOR

pytestmark = pytest.mark.slow
"""The usual run has the same without a clock: one hash is computed for whatever name (test_api.py)."""

S = "/api/v1/session"
WELCOME = "/api/v1/welcome"
TRIES = 5
"""The sixth would be refused for being too many."""


@pytest.fixture
def slow_hashes(tmp_path: Path) -> Iterator[Console]:
    """A console whose password hash takes milliseconds, as a real one does."""
    with console_on(tmp_path, memory_kib=16_384) as console:
        yield console


def ask(console: Console, path: str, body: dict[str, str], peer: str) -> tuple[int, dict[str, object], float]:
    client = console.client(peer=peer)
    start = time.perf_counter()
    answer = client.post(path, json=body)
    took = time.perf_counter() - start
    problem = answer.json()
    problem.pop("request_id")
    return answer.status_code, problem, took


def medians(console: Console, path: str, bodies: dict[str, dict[str, str]]) -> dict[str, float]:
    """Return the median of each kind of request, all asked in turn; their answers are one and the same."""
    times: dict[str, list[float]] = {kind: [] for kind in bodies}
    answers = set()
    for _ in range(TRIES):
        for index, (kind, body) in enumerate(bodies.items()):
            status, problem, took = ask(console, path, body, f"192.0.2.{index + 1}")
            answers.add((status, tuple(sorted((key, str(value)) for key, value in problem.items()))))
            times[kind].append(took)
    assert len(answers) == 1, answers
    return {kind: statistics.median(each) for kind, each in times.items()}


def test_a_sign_in_takes_as_long_for_names_that_are_known_and_that_are_not(slow_hashes: Console) -> None:
    console = slow_hashes
    console.plane.accounts.invite(NewUser("invited", "viewer"), OPERATOR)
    gone = add_person(console, "gone", "viewer")
    console.plane.accounts.deactivate(gone, OPERATOR)
    names = {"known": NAME, "unknown": "nobody", "invited": "invited", "deactivated": "gone"}
    found = medians(console, S, {kind: {"name": name, "password": "wrong"} for kind, name in names.items()})
    assert max(found.values()) < 2.5 * min(found.values()), found


def test_a_link_that_was_replaced_or_has_ended_is_like_one_that_never_was(slow_hashes: Console) -> None:
    console = slow_hashes
    invited = console.plane.accounts.invite(NewUser("invited", "viewer"), OPERATOR)
    console.plane.accounts.issue_link(invited.user.id, OPERATOR)
    expired = console.plane.accounts.invite(NewUser("late", "viewer"), OPERATOR)
    console.clock.advance(8 * 86_400)
    links = {"replaced": invited.secret.reveal(), "expired": expired.secret.reveal(), "never": "x" * 43}
    password = "a long enough bicycle"  # of a test
    found = medians(
        console,
        WELCOME,
        {kind: {"link_token": link, "password": password} for kind, link in links.items()},
    )
    a_sign_in = medians(console, S, {"any": {"name": "nobody", "password": "wrong"}})["any"]
    assert max(found.values()) < a_sign_in, "a password is hashed only for a link that works"
