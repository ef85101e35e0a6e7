"""Gives a target many inputs and tells what came of it. A target raises whatever it finds wrong."""

import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

BATCH = 256
SLOW_SECONDS = 0.1
"""Of processor time, for one input."""
MEMORY_KIB_MAX = 16_384
"""By how much the process may grow after its first tenth, of WARM or more."""
WARM = 1_000


class Source(Protocol):
    """Makes inputs."""

    def next(self) -> bytes:
        """Return the next input."""
        ...


@dataclass(frozen=True)
class Target:
    """`check` returns a word for what became of an input, and raises when something is wrong with that."""

    source: Callable[[int], Source]
    check: Callable[[bytes], str]


class Found(AssertionError):
    """An input that a target does wrong with, whole, so that it can become a test."""


def run(name: str, target: Target, count: int, seed: int) -> str:
    """Give `count` inputs to a target; return a line of figures. Raises Found for the first that goes wrong."""
    source, outcomes = target.source(seed), Counter[str]()
    began, memory, slowest = time.thread_time(), _memory_kib(), 0.0
    for done in range(0, count, BATCH):
        inputs = [source.next() for _ in range(min(BATCH, count - done))]
        slowest = max(slowest, _give(name, target.check, inputs, outcomes))
        if done <= max(WARM, count // 10):
            memory = _memory_kib()
    grown = _memory_kib() - memory
    if grown > MEMORY_KIB_MAX:
        raise Found(f"{name}: the process grew by {grown} KiB")
    told = ", ".join(f"{word} {number:,}" for word, number in sorted(outcomes.items()))
    seconds = time.thread_time() - began
    return (
        f"{name}: {count:,} inputs in {seconds:.0f} s; {told}; most for 256 {slowest * 1e3:.0f} ms; grown {grown} KiB"
    )


def _give(name: str, check: Callable[[bytes], str], inputs: list[bytes], outcomes: Counter[str]) -> float:
    began, data = time.thread_time(), b""
    try:
        for data in inputs:
            outcomes[check(data)] += 1
    except Exception as error:
        raise Found(f"{name}: {error!r} of {data!r}") from error
    seconds = time.thread_time() - began
    if seconds > SLOW_SECONDS:
        for data in inputs:
            _time(name, check, data)
    return seconds


def _time(name: str, check: Callable[[bytes], str], data: bytes) -> None:
    began = time.thread_time()
    check(data)
    if (seconds := time.thread_time() - began) > SLOW_SECONDS:
        raise Found(f"{name}: {seconds:.3f} s for {data!r}")


def _memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
