"""The plain piece of a stream, as nearly all are: text, counts and names, read in one step.

Anything else in a piece, known or not, makes it no plain one; it is then read field by field (`fields.py`), which
means the same and costs ten times as much.
"""

import msgspec

from tollway.formats.lenient import COUNT_MAX


class PlainPart(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel"):
    """A text that is no thought and carries no seal."""

    text: str


class PlainContent(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel"):
    """What a candidate says next."""

    parts: list[PlainPart] = []
    role: str = "model"


class PlainCandidate(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel"):
    """A candidate without sources or log probabilities. `finish_reason` "": it goes on.

    The last four are known, so that they do not make a piece another one, and unread.
    """

    content: PlainContent = PlainContent()
    index: int = 0
    finish_reason: str = ""
    finish_message: msgspec.Raw = msgspec.Raw()
    safety_ratings: msgspec.Raw = msgspec.Raw()
    avg_logprobs: msgspec.Raw = msgspec.Raw()
    token_count: msgspec.Raw = msgspec.Raw()


class PlainPiece(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel"):
    """A whole event of a stream. `usage_metadata` is unread, b"" where there is none."""

    candidates: list[PlainCandidate]
    usage_metadata: msgspec.Raw = msgspec.Raw()
    model_version: str = ""
    response_id: str = ""
    create_time: str = ""

    @property
    def text_bytes(self) -> int:
        """How many bytes of text the piece brings."""
        return sum(len(part.text.encode()) for candidate in self.candidates for part in candidate.content.parts)


_decoder = msgspec.json.Decoder(PlainPiece)


def find_plain(raw: bytes) -> PlainPiece | None:
    """Return the piece if it is a plain one; never raises."""
    try:
        piece = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return piece if all(0 <= candidate.index <= COUNT_MAX for candidate in piece.candidates) else None
