"""Recorded answers of Responses for callers of Chat Completions, which no gateway can be brought to ask for.

A vendor that speaks Responses speaks Chat Completions too, and a caller of that is passed on to it. The dialects are
used here as the gateway uses them: what one reads, the other writes, whole or streamed and cut at every kind of place.
"""

import json
import random

import pytest

from kit.facts import chat, chat_request, responses, responses_request, shown
from kit.facts.asked import simple
from kit.recordings import in_scope
from kit.replay import cut
from tollway.formats.dialect import Shown
from tollway.formats.dialects import DIALECTS
from tollway.formats.json_object import JSONObject

pytestmark = pytest.mark.timeout(60)


def write(recording, number: int) -> bytes:
    """Return what a caller of Chat Completions is shown."""
    body = chat_request.write(simple(responses_request.read(recording.request)))
    spoken, inbound = DIALECTS["responses"], DIALECTS["chat"]
    parsed = JSONObject.parse(json.dumps(body).encode())
    request = inbound.read_request(parsed, model="m", is_stream=recording.is_stream)
    about = Shown(request_id="req_1", model="m", created_seconds=1_760_000_000, request=request)
    if not recording.is_stream:
        return inbound.write_reply(spoken.read_reply(recording.answer, recording.provider), about)
    reader, writer = spoken.open_reader(recording.provider), inbound.open_writer(about)
    events = [event for piece in cut(recording.answer, random.Random(number)) for event in reader.feed(piece)]
    return b"".join(writer.write(event) for event in [*events, *reader.finish()])


def test_answers_of_responses_are_shown_to_callers_of_chat_completions(shared_fixtures):
    faults: list[str] = []
    total = 0
    for number, recording in enumerate(in_scope(shared_fixtures)):
        is_other = recording.rule.dialect != "responses" or recording.status >= 400
        if is_other or recording.request.get("background"):
            continue
        read = (responses.read_stream, chat.read_stream) if recording.is_stream else (
            responses.read_answer, chat.read_answer,
        )  # fmt: skip
        vendor = read[0](recording.answer, is_strict=False)
        told = read[1](write(recording, number), is_strict=True)
        faults += [f"{recording.where}: {fault}" for fault in shown.faults(vendor, told, "chat")]
        total += 1
    assert not faults, "\n".join(faults)
    assert total > 100
