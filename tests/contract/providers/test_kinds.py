"""Every kind of the catalogue, asked in each of the four dialects: what these promise holds for each row of data.

A new row is tested by being there. The upstream is a script that answers in the first dialect the row names, with the
answers of `kit/dialect_answers.py`.
"""

import json

import pytest

from kit.dialect_answers import ANSWERS, ASKED, ERRORS, PATHS, STREAMS, TEXT, USAGE
from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract.policy import Candidate, ModelRecord, ProviderRecord, SealedKey, Upstream
from tollway.formats.dialects import DIALECTS
from tollway.providers.registry import KINDS

CALLERS = tuple(DIALECTS)
ROWS = [kind for kind in KINDS.values() if kind.name != "sandbox"]


def rig_of(kind, *script):
    rig = Rig(*script)
    upstream = Upstream(kind.base_url or "https://up.example/v1")
    keys = (SealedKey("k1", b"the-key", b""),)
    provider = ProviderRecord("p1", "p1", kind.name, "active", upstream, keys)
    rig.publish(providers=(provider,), models=(ModelRecord("a-model", (Candidate("p1", "a-model"),)),))
    return rig


def spoken(kind, caller):
    return caller if caller in kind.dialects else kind.dialects[0]


def text_of(caller, raw):
    (choice,) = DIALECTS[caller].read_reply(raw, "openai").choices
    return "".join(part.text for part in choice.parts)


def text_of_stream(caller, raw):
    reader = DIALECTS[caller].open_reader("openai")
    events = reader.feed(raw) + reader.finish()
    assert type(events[-1]).__name__ == "Done"
    return "".join(event.text for event in events if type(event).__name__ == "TextDelta")


async def ask(rig, caller, *, is_stream):
    path, fields = PATHS[caller](is_stream)
    body = {**ASKED[caller], **fields}
    query = "alt=sse" if caller == "gemini" and is_stream else ""
    return await rig.call(path, token=rig.token(), body=json.dumps(body).encode(), query=query)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
async def test_a_whole_answer_reaches_a_caller_of_any_dialect(kind, caller):
    dialect = spoken(kind, caller)
    rig = rig_of(kind, ScriptedAnswer(body=ANSWERS[dialect]))
    reply = await ask(rig, caller, is_stream=False)
    assert reply.status == 200, reply.answer
    assert text_of(caller, reply.answer) == TEXT
    (closed,) = rig.journal.closed
    assert (closed.outcome, closed.usage) == ("ok", USAGE)
    destination, method, target, fields, body = rig.upstreams.sent[0]
    assert method == "POST"
    assert target.decode() == destination.base_path + PATHS[f"upstream {dialect}"](False)
    secret = f"{kind.credential_scheme} the-key".strip().encode()
    assert fields[kind.credential_header.encode()] == secret
    assert all(fields[name.encode()] for name, _ in kind.headers)
    assert json.loads(body)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
async def test_a_stream_reaches_a_caller_of_any_dialect(kind, caller):
    dialect = spoken(kind, caller)
    raw = STREAMS[dialect]
    rig = rig_of(kind, ScriptedAnswer(chunks=[raw[at : at + 7] for at in range(0, len(raw), 7)]))
    reply = await ask(rig, caller, is_stream=True)
    assert (reply.status, reply.header("content-type").partition(";")[0]) == (200, "text/event-stream"), reply.answer
    assert text_of_stream(caller, reply.answer) == TEXT
    (closed,) = rig.journal.closed
    assert (closed.outcome, closed.code, closed.usage) == ("ok", "", USAGE)
    target = rig.upstreams.sent[0][2].decode()
    assert target == rig.upstreams.sent[0][0].base_path + PATHS[f"upstream {dialect}"](True)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
async def test_a_cut_stream_ends_in_an_error_and_is_billed_as_an_estimate(kind, caller):
    dialect = spoken(kind, caller)
    raw = STREAMS[dialect]
    rig = rig_of(kind, ScriptedAnswer(chunks=[raw[: len(raw) // 2]], error="upstream.truncated"))
    reply = await ask(rig, caller, is_stream=True)
    assert b"error" in reply.answer
    events = DIALECTS[caller].open_reader("openai")
    seen = events.feed(reply.answer) + events.finish()
    assert not [event for event in seen if type(event).__name__ == "Done"]
    (closed,) = rig.journal.closed
    assert (closed.outcome, closed.code) == ("truncated", "upstream.truncated")
    assert closed.usage.is_estimated


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
async def test_an_error_keeps_its_status_and_its_words_in_the_callers_dialect(kind, caller):
    dialect = spoken(kind, caller)
    rig = rig_of(kind, ScriptedAnswer(400, ERRORS[dialect], [(kind.request_id_header.encode(), b"up-7")]))
    reply = await ask(rig, caller, is_stream=False)
    assert reply.status == 400
    assert reply.header("x-tollway-upstream-request-id") == "up-7"
    assert DIALECTS[caller].read_error(400, reply.answer).message == "The temperature is too high."


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
def test_a_row_says_where_it_was_read(kind):
    assert kind.title and kind.docs_url.startswith("https://")
    assert kind.dialects and set(kind.dialects) <= set(DIALECTS)
    assert not kind.base_url or kind.base_url.startswith(("https://", "http://127.0.0.1"))
