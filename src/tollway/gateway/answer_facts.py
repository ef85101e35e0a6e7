"""What the head of an upstream's answer says, worked out once for each head.

Law: what is kept with a head follows from it alone. Whoever changes an answer's headers does it here.
"""

import msgspec

from tollway.gateway.ports import Answer
from tollway.wire.http1 import header_line

_JSON = b"application/json"
_PASSED_BACK = (b"content-type", b"retry-after", b"openai-processing-ms", b"openai-version")


class AnswerFacts(msgspec.Struct, frozen=True, gc=False):
    """What follows from the head of an answer alone, and is kept with it (ports.Answer)."""

    fields: dict[bytes, bytes]
    """The first value of each header."""
    passed_back: tuple[tuple[bytes, bytes], ...]
    """What reaches the caller."""
    lines: bytes
    """The same as header lines."""


def facts_of(answer: Answer) -> AnswerFacts:
    """Return what an answer's head says, worked out once for each head. Raises ValueError when it cannot be told."""
    facts = answer.facts[0] if answer.facts else None
    if type(facts) is AnswerFacts:
        return facts
    fields = dict(reversed(answer.headers))
    passed = tuple([(name, fields[name]) for name in _PASSED_BACK if name in fields])
    facts = AnswerFacts(fields, passed, b"".join([header_line(header) for header in passed]))
    answer.facts.append(facts)
    return facts


def passed_back(answer: Answer) -> tuple[tuple[bytes, bytes], ...]:
    """Return the upstream's headers that reach the caller, the first of each name."""
    return facts_of(answer).passed_back


def find_header(answer: Answer, name: bytes) -> str:
    """Return the first value of a header of an answer, "" when it is absent."""
    return facts_of(answer).fields.get(name, b"").decode("latin-1")


def label_json(answer: Answer, *headers: tuple[bytes, bytes]) -> None:
    """Let the head of an answer whose body was written anew say that it is JSON, and have these headers beside."""
    kept = [item for item in answer.headers if item[0] != b"content-type"]
    answer.headers = [*kept, (b"content-type", _JSON), *headers]
    answer.facts = []  # those were of the head as it came, which may come again
