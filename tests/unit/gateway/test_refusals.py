"""A flood of refusals stays bounded, tells different credentials apart, and keeps none of them."""

from typing import NoReturn
from zlib import crc32

from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.gateway import refusals as module
from tollway.gateway.refusals import KEYS_MAX, MARKS_MAX, Refusals
from tollway.kernel.ids import encode_base62
from tollway.policy.token import generate_token


def test_refusals_are_added_up_by_source_kind_and_id() -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.note("192.0.2.1", "malformed", "", (b"sk-one", "curl/8"))
    refusals.note("192.0.2.1", "malformed", "", (b"sk-two", "curl/9"))
    refusals.note("192.0.2.1", "unknown", "abcdefABCDEF", (b"tws_x", "curl/8"))
    first, second = refusals.take()
    assert (first.address, first.kind, first.token_id, first.calls, first.agent) == (
        "192.0.2.1",
        "malformed",
        "",
        4,
        "curl/8",
    )
    assert len(first.marks) == 2 and max(first.marks) < 4_096
    assert (second.kind, second.token_id, second.calls, len(second.marks)) == ("unknown", "abcdefABCDEF", 1, 1)
    assert refusals.take() == ()


def test_a_flood_from_many_sources_with_many_credentials_stays_bounded() -> None:
    refusals = Refusals()
    for number in range(10_000):
        refusals.note(f"address {number % 1_000}", "malformed", "", (str(number).encode(), ""))
    taken = refusals.take()
    assert len(taken) == KEYS_MAX
    assert all(len(each.marks) <= MARKS_MAX for each in taken)
    assert module.MARKS_MAX == 16


BODY = b'{"model":"gpt","messages":[]}'
OK = ScriptedAnswer(body=b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}')
UNKNOWN = generate_token("s", bytes(48)).reveal()


class Untouchable:
    """Fails when anything is asked of it."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"an accepted call asked for {name}")


async def test_an_accepted_call_pays_nothing_for_noticing_refusals() -> None:
    rig = Rig(OK)
    rig.gateway.refusals = Untouchable()  # type: ignore[assignment]
    assert (await rig.call(token=rig.token(), body=BODY)).status == 200


async def test_a_refusal_says_from_where_and_whether_the_id_is_known() -> None:
    """R12: an unknown id and a wrong secret are answered alike; only the journal tells them apart."""
    rig = Rig(OK)
    secret = rig.token()
    wrong = parse_of_another_secret(secret)
    answers = [await rig.call(token=text, body=BODY) for text in (UNKNOWN, wrong, "sk-another-makers-key")]
    assert [answer.status for answer in answers] == [401, 401, 401]
    assert answers[0].answer.replace(b"req_", b"")[:80] == answers[1].answer.replace(b"req_", b"")[:80]
    unknown, guessed, malformed = rig.gateway.refusals.take()
    assert (unknown.kind, unknown.token_id) == ("unknown", UNKNOWN[4:16])
    assert (guessed.kind, guessed.token_id) == ("wrong_secret", secret[4:16])
    assert (malformed.kind, malformed.token_id) == ("malformed", "")
    revoked = rig.token(state="revoked")
    await rig.call(token=revoked, body=BODY)
    assert rig.gateway.refusals.take() == (), "who holds the secret is no guesser"


def parse_of_another_secret(secret: str) -> str:
    """Return a token with the id of this one, another secret and a right checksum."""
    body = secret[:16] + UNKNOWN[16:59]
    return body + encode_base62(crc32(body.encode()), 6)
