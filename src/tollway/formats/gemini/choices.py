"""Folding the events of a whole answer into its choices."""

from collections.abc import Iterable

from msgspec import structs

from tollway.formats import hub


class ChoiceFolder:
    """Collects one choice from its events, in the order that `hub` promises. Single use."""

    def __init__(self) -> None:
        self._parts: list[hub.Part] = []
        self._texts: list[str] = []
        self._open: hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall | None = None
        self._logprobs: list[hub.TokenLogprob] = []
        self._end: hub.ChoiceEnd | None = None

    def add(self, event: hub.Event) -> None:
        """Take one event of this choice."""
        match event:
            case hub.PartBegin():
                self._open, self._texts = event.opened, []
            case hub.TextDelta():
                self._texts.append(event.text)
            case hub.SignatureStated() if isinstance(self._open, hub.Thinking | hub.ToolCall):
                self._open = structs.replace(self._open, signature=event.signature)
            case hub.Cited() if isinstance(self._open, hub.Text):
                self._open = structs.replace(self._open, citations=(*self._open.citations, event.citation))
            case hub.LogprobsStated():
                self._logprobs += event.logprobs
            case hub.PartEnd():
                self._close()
            case hub.ChoiceEnd():
                self._end = event

    def choice(self) -> hub.Choice:
        """Return the choice; what is still open is in it as far as it came."""
        self._close()
        return hub.Choice(
            parts=tuple(self._parts),
            stop=None if self._end is None else self._end.stop,
            stop_sequence=None if self._end is None else self._end.stop_sequence,
            logprobs=tuple(self._logprobs),
        )

    def _close(self) -> None:
        text = "".join(self._texts)
        if isinstance(self._open, hub.ToolCall):
            self._parts.append(structs.replace(self._open, arguments=text))
        elif self._open is not None:
            self._parts.append(structs.replace(self._open, text=text))
        self._open, self._texts = None, []


def fold_choices(events: Iterable[hub.Event]) -> tuple[hub.Choice, ...]:
    """Return the choices of an answer in the order of their numbers."""
    folders: dict[int, ChoiceFolder] = {}
    for event in events:
        if not isinstance(event, hub.Begin | hub.UsageStated | hub.Failed | hub.Done):
            folders.setdefault(event.choice, ChoiceFolder()).add(event)
    return tuple(folders[number].choice() for number in sorted(folders))
