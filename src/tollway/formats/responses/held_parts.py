"""Parts of one answer in an order that writers may rely on: one at a time.

Items of a stream may be interleaved; what belongs to a part that is not in front waits until those before it have
ended. Nothing here knows the dialect.
"""

from tollway.formats import hub

Streamed = hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall


class HeldPart:
    """One part: what was begun, what was said of it, and what has not been passed on yet."""

    __slots__ = ("_pieces", "events", "has_ended", "has_logprobs", "is_cited", "number")

    def __init__(self, number: int, opened: Streamed) -> None:
        self.number = number
        self._pieces: list[str] = []
        self.has_ended = self.has_logprobs = self.is_cited = False
        self.events: list[hub.Event] = [hub.PartBegin(choice=0, part=number, opened=opened)]

    @property
    def text(self) -> str:
        """What was said so far. Joined when it is asked for: answers come in thousands of pieces."""
        return "".join(self._pieces)

    def add(self, text: str) -> None:
        """Note more text or arguments."""
        if text and not self.has_ended:
            self._pieces.append(text)
            self.events.append(hub.TextDelta(choice=0, part=self.number, text=text))

    def complete(self, whole: str) -> None:
        """Note the whole text: what was not sent piece by piece is added; a whole that differs changes nothing."""
        if self.has_ended:
            return
        known = self.text
        if whole.startswith(known):
            self.add(whole[len(known) :])

    def cite(self, citation: hub.Citation) -> None:
        """Note a citation."""
        if not self.has_ended:
            self.is_cited = True
            self.events.append(hub.Cited(choice=0, part=self.number, citation=citation))

    def state(self, logprobs: tuple[hub.TokenLogprob, ...]) -> None:
        """Note the log probabilities of the text just added."""
        if logprobs and not self.has_ended:
            self.has_logprobs = True
            self.events.append(hub.LogprobsStated(choice=0, logprobs=logprobs))

    def end(self, signature: hub.Signature | None = None) -> None:
        """Note the end, with the seal that came with it."""
        if self.has_ended:
            return
        if signature is not None:
            self.events.append(hub.SignatureStated(choice=0, part=self.number, signature=signature))
        self.events.append(hub.PartEnd(choice=0, part=self.number))
        self.has_ended = True


class HeldParts:
    """All parts in the order in which they began."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[HeldPart] = []
        self.kinds: set[type[hub.Part]] = set()

    def begin(self, opened: Streamed) -> HeldPart:
        """Begin a part behind all others."""
        part = HeldPart(self._count, opened)
        self._count += 1
        self.kinds.add(type(opened))
        self._waiting.append(part)
        return part

    def take(self) -> list[hub.Event]:
        """Return what may be passed on now."""
        events: list[hub.Event] = []
        while self._waiting:
            first = self._waiting[0]
            events += first.events
            first.events = []
            if not first.has_ended:
                break
            del self._waiting[0]
        return events

    def end_all(self) -> None:
        """End every part that is still open."""
        for part in self._waiting:
            part.end()
