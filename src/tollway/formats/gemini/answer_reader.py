"""Reading answers: whole ones, and streams of pieces, by one and the same path.

https://ai.google.dev/api/generate-content#generatecontentresponse — a whole answer is a stream of one piece, so both
always mean the same. Adjacent texts are one text, as a stream cuts them anywhere. What cannot be held is skipped and
named in `notes`.
"""

import re
from datetime import UTC, datetime

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.gemini.candidate_reader import CandidateReader
from tollway.formats.gemini.choices import fold_choices
from tollway.formats.gemini.fields import Fields
from tollway.formats.gemini.piece import PlainPiece, find_plain
from tollway.formats.gemini.usage import merge_usage, plain_usage, usage_of
from tollway.wire.sse import SSEDecoder, SSEEvent

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_ID_CHARACTERS = 28
"""OpenAI takes tool-call ids of at most 40 characters, Anthropic only these letters."""


class AnswerReader:
    """Turns pieces of one answer into hub events. Single use; never raises."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._candidates: dict[int, CandidateReader] = {}
        self._usage: Usage | None = None
        self._call_prefix = "call_"
        self._has_begun = False
        self._is_blocked = False
        self._has_failed = False

    def read(self, piece: Fields) -> list[hub.Event]:
        """Return the events of one piece."""
        if self._has_failed:
            return []
        error = piece.child("error")
        if error is not None:
            self._has_failed = True
            return [hub.Failed(kind=error.text("status") or "UNKNOWN", message=error.text("message"))]
        events: list[hub.Event] = [] if self._has_begun else [self._begin(piece)]
        for candidate in piece.children("candidates"):
            index = candidate.count("index")
            if index not in self._candidates:
                prefix = self._call_prefix + (f"{index}_" if index else "")
                self._candidates[index] = CandidateReader(index, prefix, self._note)
            events += self._candidates[index].read(candidate)
        feedback = piece.child("promptFeedback")
        if feedback is not None and feedback.text("blockReason"):
            self._is_blocked = True
            self._note("prompt-blocked")
        return events + self._state(merge_usage(self._usage, usage_of(piece)))

    def read_plain(self, piece: PlainPiece) -> list[hub.Event] | None:
        """Return the events of a plain piece that goes on with what has begun; None when it must be read whole."""
        if self._has_failed or not self._has_begun:
            return None
        if any(candidate.index not in self._candidates for candidate in piece.candidates):
            return None
        events: list[hub.Event] = []
        for candidate in piece.candidates:
            texts = [part.text for part in candidate.content.parts]
            events += self._candidates[candidate.index].read_texts(texts, candidate.finish_reason)
        usage = merge_usage(self._usage, plain_usage(piece.usage_metadata))
        return events + self._state(usage)

    def finish(self) -> list[hub.Event]:
        """Return the ends of all choices, and Done unless the answer was cut."""
        if self._has_failed or not self._has_begun:
            return []
        events: list[hub.Event] = []
        for candidate in self._candidates.values():
            events += candidate.finish()
        if self._is_blocked and not self._candidates:
            events.append(hub.ChoiceEnd(choice=0, stop="content_filter"))
        is_whole = all(candidate.is_finished for candidate in self._candidates.values())
        if is_whole and (self._candidates or self._is_blocked):
            events.append(hub.Done())
        return events

    def _state(self, usage: Usage | None) -> list[hub.Event]:
        if usage is None or usage == self._usage:
            return []
        self._usage = usage
        return [hub.UsageStated(usage=usage)]

    def _begin(self, piece: Fields) -> hub.Begin:
        self._has_begun = True
        response_id = piece.text("responseId")
        if clean := _NO_ID.sub("", response_id)[:_ID_CHARACTERS]:
            self._call_prefix = f"call_{clean}_"
        return hub.Begin(id=response_id, model=piece.text("modelVersion"), created_seconds=_created(piece))

    def _note(self, name: str) -> None:
        if name not in self.notes:
            self.notes.append(name)


class EventReader:
    """Reads one stream of events. Single use; never raises."""

    def __init__(self) -> None:
        self._answer = AnswerReader()
        self._decoder = SSEDecoder()
        self._is_broken = False

    @property
    def notes(self) -> list[str]:
        """What was met and could not be held."""
        return self._answer.notes

    @notes.setter
    def notes(self, notes: list[str]) -> None:
        self._answer.notes = notes

    def feed(self, chunk: bytes) -> list[hub.Event]:
        """Return the events that `chunk` completes; any chunking gives the same events."""
        if self._is_broken:
            return []
        try:
            pieces = self._decoder.feed(chunk)
        except ValueError:  # An event beyond all bounds: nothing after it can be read, so the answer counts as cut.
            self._is_broken = True
            return []
        return [event for piece in pieces for event in self._read(piece)]

    def finish(self) -> list[hub.Event]:
        """Return what is left at the end of the stream; an answer that was cut gets no Done."""
        if self._is_broken:
            return []
        last = self._decoder.finish()
        return [*(self._read(last) if last is not None else ()), *self._answer.finish()]

    def _read(self, event: SSEEvent) -> list[hub.Event]:
        plain = find_plain(event.data)
        events = None if plain is None else self._answer.read_plain(plain)
        if events is not None:
            return events
        piece = Fields.parse(event.data)
        return [] if piece is None else self._answer.read(piece)


def read_reply(raw: bytes) -> hub.Reply:
    """Read a whole answer. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or not any(name in answer for name in ("candidates", "promptFeedback", "usageMetadata")):
        raise ValueError("the answer is none of generateContent")
    reader = AnswerReader()
    events = reader.read(answer)
    begin = next((event for event in events if isinstance(event, hub.Begin)), None)
    if begin is None:
        raise ValueError("the answer is an error")
    usage = next((event.usage for event in events if isinstance(event, hub.UsageStated)), None)
    events += reader.finish()
    return hub.Reply(
        id=begin.id,
        model=begin.model,
        choices=fold_choices(events),
        usage=usage,
        created_seconds=begin.created_seconds,
        service_tier=usage.tier or None if usage is not None else None,
        notes=tuple(reader.notes),
    )


def _created(piece: Fields) -> int | None:
    """Return when the answer was made, as Vertex states it (`2026-05-27T16:53:45.443719Z`)."""
    try:
        created = datetime.fromisoformat(piece.text("createTime"))
        return max(0, int(created.replace(tzinfo=created.tzinfo or UTC).timestamp()))
    except (ValueError, OverflowError):
        return None
