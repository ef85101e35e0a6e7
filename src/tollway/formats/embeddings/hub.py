"""The one format between the dialects of embeddings: requests and replies.

Readers and writers keep the law of `formats/hub.py`: what these values cannot hold is refused by name, and so is what
a dialect cannot express. All values are immutable and compare by content.
"""

from typing import Literal

import msgspec

from tollway.contract.usage import Usage

Encoding = Literal["float", "base64"]
"""base64 is that of little-endian 32-bit floats."""


class EmbeddingInput(msgspec.Struct, frozen=True, kw_only=True):
    """What one vector is wanted of: a text, or the tokens of one (`text` None). `at` is its place in the body.

    `task` says what the vector is for, in Google's words (`RETRIEVAL_QUERY`, …); `title` is that of a document.
    """

    text: str | None = None
    tokens: tuple[int, ...] = ()
    task: str | None = None
    title: str | None = None
    at: str = ""


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a model. None means: not stated, the vendor's default.

    `is_single`: the caller asked for one vector in the form that has no list. `names` maps a field of this class to
    what the caller calls it, for error messages.
    """

    model: str
    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None = None
    encoding: Encoding | None = None
    user: str | None = None
    is_single: bool = False
    names: dict[str, str] = {}


class EmbeddingReply(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors, in the order of the inputs. `usage` None: not stated."""

    model: str
    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None = None
