"""Reading streams: chunks to hub events, of every vendor of this dialect.

https://platform.openai.com/docs/api-reference/chat/streaming — chunks name calls by an index and let text, thinking
and calls come in any order; the hub wants one part of a choice after the other. So a part that begins while a call's
arguments are not yet whole is held back until they are. A stream is complete with `[DONE]` or, for vendors that leave
it out, when every choice that began has a finish reason; what ended before that was cut. Most chunks hold a piece of
one text and nothing else: `plain_chunk` reads these in one step, and leaves all others to the lenient way.
"""

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.answer_reader import read_sources
from tollway.formats.chat.choice_reader import ChoiceReader
from tollway.formats.chat.errors import find_error
from tollway.formats.chat.notes import note
from tollway.formats.chat.plain_chunk import find_plain
from tollway.formats.chat.usage import usage_of
from tollway.formats.lenient import Fields
from tollway.wire.sse import SSEDecoder, SSEEvent

_DONE = b"[DONE]"


class EventReader:
    """Reads one stream. Single use; never raises."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._decoder = SSEDecoder()
        self._choices: dict[int, ChoiceReader] = {}
        self._usage: Usage | None = None
        self._id = ""
        self._has_begun = False
        self._is_over = False
        self._sources: list[hub.Citation] = []

    def feed(self, chunk: bytes) -> list[hub.Event]:
        """Return the events that `chunk` completes; any chunking gives the same events."""
        if self._is_over:
            return []
        try:
            found = self._decoder.feed(chunk)
        except ValueError:  # An event beyond all bounds: nothing after it can be read, so the answer counts as cut.
            self._is_over = True
            return []
        return [event for item in found for event in self._read(item)]

    def finish(self) -> list[hub.Event]:
        """Return what is left at the end of the stream; an answer that was cut gets no Done."""
        if self._is_over:
            return []
        last = self._decoder.finish()
        events = self._read(last) if last is not None else []
        if not self._is_over and self._choices and all(choice.is_finished for choice in self._choices.values()):
            events += self._end()
        return events

    def _read(self, item: SSEEvent) -> list[hub.Event]:
        if self._is_over:
            return []
        if item.data.strip() == _DONE:
            return self._end() if self._has_begun else []
        if self._choices and (plain := find_plain(item.data)) is not None:
            reader = self._choices.get(plain.index)
            if reader is not None:
                return reader.read_plain(plain.delta)
        chunk = Fields.parse(item.data)
        if chunk is None:
            note(self.notes, "answer-part-skipped")
            return []
        events: list[hub.Event] = []
        if not self._has_begun and ("choices" in chunk or "id" in chunk):
            events.append(self._begin(chunk))
        for place, choice in enumerate(chunk.children("choices")):
            events += self._choice(choice, place)
        self._sources = read_sources(chunk) or self._sources
        usage = usage_of(chunk)
        if usage is not None and usage != self._usage and self._has_begun:
            self._usage = usage
            events.append(hub.UsageStated(usage=usage))
        error = find_error(chunk)
        if error is not None:
            self._is_over = True
            events.append(hub.Failed(kind=error.code or error.kind, message=error.message))
        return events

    def _end(self) -> list[hub.Event]:
        self._is_over = True
        ends = [event for choice in self._choices.values() for event in choice.finish(self._sources)]
        return [*ends, hub.Done()]

    def _begin(self, chunk: Fields) -> hub.Begin:
        self._has_begun = True
        self._id = chunk.text("id")
        return hub.Begin(id=self._id, model=chunk.text("model"), created_seconds=chunk.count("created") or None)

    def _choice(self, choice: Fields, place: int) -> list[hub.Event]:
        index = choice.count("index") if "index" in choice else place
        reader = self._choices.get(index)
        if reader is None:
            reader = self._choices[index] = ChoiceReader(index, self._id, self.notes)
        return reader.read(choice)
