"""Reading one candidate, whole or in pieces, as hub events.

https://ai.google.dev/api/generate-content#candidate — a piece's texts continue the text before them; a seal hangs on a
text, a thought or a call; sources come with the last piece. Parts open and close here, so that those of one choice
never overlap.
"""

from collections.abc import Callable

from msgspec import structs

from tollway.formats import hub
from tollway.formats.gemini.fields import Fields
from tollway.formats.gemini.grounding import Support, read_supports
from tollway.formats.gemini.seal import read_seal

STOPS: dict[str, hub.StopReason] = {
    "STOP": "end",
    "MAX_TOKENS": "length",
    "CONTINUATION": "pause",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
}
"""https://ai.google.dev/api/generate-content#FinishReason — others tell of a failure: what the
model made was malformed or not allowed, and was thrown away."""

_UNSPECIFIED = "FINISH_REASON_UNSPECIFIED"
_MEDIA = ("inlineData", "fileData")
_OF_THE_VENDOR = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")


class CandidateReader:
    """Reads one candidate. Single use; never raises. `call_prefix` begins the ids of calls that have none."""

    def __init__(self, index: int, call_prefix: str, note: Callable[[str], None]) -> None:
        self._index = index
        self._call_prefix = call_prefix
        self._note = note
        self._events: list[hub.Event] = []
        self._part = 0
        self._open: hub.Text | hub.Thinking | None = None
        self._texts: list[str] = []
        self._parts_seen = 0
        self._text_began_at = 0
        self._seal: hub.Signature | None = None
        self._supports: list[Support] = []
        self._seen: set[Support] = set()
        self._calls = 0
        self._reason = ""

    @property
    def is_finished(self) -> bool:
        """Whether the vendor said that the candidate is complete."""
        return bool(self._reason)

    def read(self, candidate: Fields) -> list[hub.Event]:
        """Return the events of one piece."""
        for support in read_supports(candidate):
            if support not in self._seen:  # Each piece may repeat what an earlier one had.
                self._seen.add(support)
                self._supports.append(support)
        content = candidate.child("content")
        for part in content.children("parts") if content is not None else ():
            self._read_part(part)
            self._parts_seen += 1
        self._cite(is_last=False)
        if logprobs := _logprobs(candidate.child("logprobsResult")):
            self._events.append(hub.LogprobsStated(choice=self._index, logprobs=logprobs))
        self._reason = candidate.text("finishReason") or self._reason
        return self._drained()

    def read_texts(self, texts: list[str], reason: str) -> list[hub.Event]:
        """Return the events of a piece that has nothing but texts; `reason` "": it goes on."""
        for text in texts:
            self._say(text, None)
            self._parts_seen += 1
        self._cite(is_last=False)
        self._reason = reason or self._reason
        return self._drained()

    def finish(self) -> list[hub.Event]:
        """Return the end of the choice; nothing when the candidate was cut."""
        if not self.is_finished:
            return []
        if isinstance(self._open, hub.Text):
            # What is in no part that it names, or in none at all, is said of the last text rather than lost.
            self._supports = [structs.replace(support, part=0) for support in self._supports]
            self._cite(is_last=False)
            self._supports = [Support("", 0, 0, support.sources) for support in self._supports]
        self._close()
        if self._supports:
            self._note("citations-omitted")
        self._events.append(hub.ChoiceEnd(choice=self._index, stop=self._stop()))
        return self._drained()

    def _read_part(self, part: Fields) -> None:
        seal = read_seal(part.text("thoughtSignature"))
        call = part.child("functionCall")
        if call is not None:
            self._call(call, seal)
        elif any(name in part for name in _OF_THE_VENDOR):
            self._note("server-tool-omitted")
        elif any(name in part for name in _MEDIA):
            self._note("generated-media-omitted")
        elif part.is_true("thought"):
            self._think(part.text("text"), seal)
        else:
            self._say(part.text("text"), seal)

    def _say(self, text: str, seal: hub.Signature | None) -> None:
        """Continue the text that is open, unless a seal has ended it."""
        if text:
            if not isinstance(self._open, hub.Text) or self._seal is not None:
                self._close()
                self._begin(hub.Text(text=""))
            self._texts.append(text)
            self._events.append(hub.TextDelta(choice=self._index, part=self._part, text=text))
        if seal is None:
            return
        if isinstance(self._open, hub.Text) and self._seal is None:
            self._seal = seal  # Held until the text ends: its sources come last.
        else:
            self._close()
            self._seal_alone(seal)

    def _think(self, text: str, seal: hub.Signature | None) -> None:
        if not text and seal is None:
            return
        if not isinstance(self._open, hub.Thinking):
            self._close()
            self._begin(hub.Thinking())
        if text:
            self._events.append(hub.TextDelta(choice=self._index, part=self._part, text=text))
        if seal is not None:
            self._events.append(hub.SignatureStated(choice=self._index, part=self._part, signature=seal))
            self._close()

    def _call(self, call: Fields, seal: hub.Signature | None) -> None:
        self._close()
        self._calls += 1
        call_id = call.text("id") or f"{self._call_prefix}{self._calls}"
        self._begin(hub.ToolCall(id=call_id, name=call.text("name"), arguments=""))
        arguments = call.raw("args").decode("utf-8", "replace") or "{}"
        self._events.append(hub.TextDelta(choice=self._index, part=self._part, text=arguments))
        if seal is not None:
            self._events.append(hub.SignatureStated(choice=self._index, part=self._part, signature=seal))
        self._end()

    def _seal_alone(self, seal: hub.Signature) -> None:
        """State the seal that hangs on a text, which has no place for one in the hub, as thinking without words."""
        self._begin(hub.Thinking(is_redacted=True))
        self._events.append(hub.SignatureStated(choice=self._index, part=self._part, signature=seal))
        self._end()

    def _begin(self, opened: hub.Text | hub.Thinking | hub.ToolCall) -> None:
        self._texts, self._text_began_at = [], self._parts_seen
        if not isinstance(opened, hub.ToolCall):
            self._open = opened
        self._events.append(hub.PartBegin(choice=self._index, part=self._part, opened=opened))

    def _end(self) -> None:
        self._events.append(hub.PartEnd(choice=self._index, part=self._part))
        self._part += 1
        self._open = None

    def _close(self) -> None:
        """End the part that is open, if one is, with what belongs to it."""
        if self._open is None:
            return
        self._cite(is_last=True)
        self._end()
        seal, self._seal = self._seal, None
        if seal is not None:
            self._seal_alone(seal)

    def _cite(self, *, is_last: bool) -> None:
        """State the sources of the open text; those of no known place in it once it ends."""
        if not self._supports or not isinstance(self._open, hub.Text):
            return
        text = "".join(self._texts)
        waiting: list[Support] = []
        for support in self._supports:
            place = support.find(text)
            is_elsewhere = support.part > 0 and not self._text_began_at <= support.part < self._parts_seen
            if is_elsewhere or (place is None and (support.is_placed or not is_last)):
                waiting.append(support)
                continue
            for citation in support.citations(place):
                self._events.append(hub.Cited(choice=self._index, part=self._part, citation=citation))
        self._supports = waiting

    def _stop(self) -> hub.StopReason | None:
        if self._reason == _UNSPECIFIED:
            return None
        stop = STOPS.get(self._reason)
        if stop is None:
            self._note("finish-reason-approximated")
        if self._calls and stop in (None, "end"):
            return "tool_calls"
        # Nothing was said because Google threw it away: its OpenAI-compatible endpoint calls that a filter, too.
        return stop or "content_filter"

    def _drained(self) -> list[hub.Event]:
        events, self._events = self._events, []
        return events


def _logprobs(result: Fields | None) -> tuple[hub.TokenLogprob, ...]:
    """Read `logprobsResult`. https://ai.google.dev/api/generate-content#LogprobsResult"""
    if result is None:
        return ()
    tops = result.children("topCandidates")
    found: list[hub.TokenLogprob] = []
    for position, chosen in enumerate(result.children("chosenCandidates")):
        others = tops[position].children("candidates") if position < len(tops) else []
        found.append(_logprob(chosen, tuple(_logprob(other) for other in others)))
    return tuple(found)


def _logprob(stated: Fields, top: tuple[hub.TokenLogprob, ...] = ()) -> hub.TokenLogprob:
    return hub.TokenLogprob(token=stated.text("token"), logprob=stated.number("logProbability") or 0.0, top=top)
