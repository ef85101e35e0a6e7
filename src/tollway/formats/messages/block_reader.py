"""Reading the blocks of an answer as parts, one event at a time.

https://platform.claude.com/docs/en/build-with-claude/streaming — blocks do not overlap. A citation is held back until
its text is complete, since it is about the whole of it. The call of the tool that stands for a JSON answer is text.
Blocks that the hub cannot hold are skipped and named in the notes.
"""

from collections.abc import Callable

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.messages.citations import place, read_citation
from tollway.formats.messages.output import OUTPUT_TOOL
from tollway.formats.messages.seal import ORIGIN

_STEPS = ("server_tool_use", "mcp_tool_use")
_STEP_RESULTS = "_tool_result"

Opened = hub.Text | hub.Thinking | hub.ToolCall


class BlockReader:
    """Turns the blocks of one answer into the events of its one choice. Single use; never raises."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._part = 0
        self._opened: Opened | None = None
        self._characters = 0
        self._citations: list[hub.Citation] = []
        self._input = b""
        self.has_calls = False
        """Whether a tool of the caller's was called."""

    def begin(self, block: Fields) -> list[hub.Event]:
        """Return the events of a block that begins, with what it holds already."""
        events = self.end()
        opened = self._open(block)
        if opened is None:
            return events
        self._opened, self._characters, self._citations = opened, 0, []
        events.append(hub.PartBegin(choice=0, part=self._part, opened=opened))
        kind = block.text("type")
        if kind == "tool_use":
            self._input = block.raw("input")
        events += self._more(block.text(kind) if kind in ("text", "thinking") else "")
        self._citations += [read_citation(citation) for citation in block.children("citations")]
        return events + self._sealed(block.text("data") if kind == "redacted_thinking" else block.text("signature"))

    def add(self, delta: Fields) -> list[hub.Event]:
        """Return the events of more of the block that is open."""
        match delta.text("type"):
            case "text_delta":
                return self._more(delta.text("text"))
            case "thinking_delta":
                return self._more(delta.text("thinking"))
            case "input_json_delta":
                return self._more(delta.text("partial_json"))
            case "signature_delta":
                return self._sealed(delta.text("signature"))
            case "citations_delta":
                citation = delta.child("citation")
                self._citations += [] if citation is None else [read_citation(citation)]
        return []

    def end(self) -> list[hub.Event]:
        """Return the events that complete the block that is open, if one is."""
        if self._opened is None:
            return []
        events: list[hub.Event] = []
        if self._input and not self._characters:
            # The whole input came at the beginning; a tool without parameters has `{}` there and no more.
            events += self._more(self._input.decode("utf-8", "replace"))
        if isinstance(self._opened, hub.Text):
            cited = [place(citation, self._characters) for citation in self._citations]
            events += [hub.Cited(choice=0, part=self._part, citation=citation) for citation in cited]
        events.append(hub.PartEnd(choice=0, part=self._part))
        self._opened, self._input = None, b""
        self._part += 1
        return events

    def refuse(self, words: str) -> list[hub.Event]:
        """Return the events of a refusal's explanation."""
        at = self._part
        self._part += 1
        return [
            hub.PartBegin(choice=0, part=at, opened=hub.Refusal(text="")),
            hub.TextDelta(choice=0, part=at, text=words),
            hub.PartEnd(choice=0, part=at),
        ]

    def _open(self, block: Fields) -> Opened | None:
        kind = block.text("type")
        match kind:
            case "text":
                return hub.Text(text="")
            case "thinking":
                return hub.Thinking()
            case "redacted_thinking":
                return hub.Thinking(is_redacted=True)
            case "tool_use":
                return self._open_call(block)
        is_step = kind in _STEPS or kind.endswith(_STEP_RESULTS)
        self._note("server-tool-omitted" if is_step else "answer-part-skipped")
        return None

    def _open_call(self, block: Fields) -> Opened:
        name = block.text("name")
        if name == OUTPUT_TOOL:
            return hub.Text(text="")
        self.has_calls = True
        return hub.ToolCall(id=block.text("id"), name=name, arguments="")

    def _more(self, text: str) -> list[hub.Event]:
        if not text or self._opened is None:
            return []
        self._characters += len(text)
        return [hub.TextDelta(choice=0, part=self._part, text=text)]

    def _sealed(self, value: str) -> list[hub.Event]:
        if not value or not isinstance(self._opened, hub.Thinking):
            return []
        return [hub.SignatureStated(choice=0, part=self._part, signature=hub.Signature(origin=ORIGIN, value=value))]
