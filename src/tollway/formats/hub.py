"""The one format between all dialects: requests, replies, events.

Spokes read a dialect into these values and write them out again. A value says what is meant, never how a vendor
spells it. Law: a reader that meets something these values cannot hold refuses it by name, a writer that cannot
express one refuses it by the name the caller used; nothing is dropped in silence. All values are immutable and
compare by content. Usage is `contract.usage.Usage`.
"""

from typing import Literal

import msgspec

from tollway.contract.usage import Usage

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
StopReason = Literal["end", "length", "stop_sequence", "tool_calls", "refusal", "content_filter", "pause"]
"""end: the model was done. refusal: the model declined. content_filter: the vendor withheld. pause: to be continued."""


# --- what messages are made of -------------------------------------------------------------------------------------


class CacheMark(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt up to and including this place is worth caching. `ttl` None is the vendor's default (5 minutes)."""

    ttl: Literal["5m", "1h"] | None = None


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's seal over its own thinking. `origin` is who can read it: `anthropic`, `gemini`, `openai`, …."""

    origin: str
    value: str


class Base64(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes inline, in base64 as they came."""

    media_type: str
    data: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address the vendor fetches itself."""

    url: str
    media_type: str | None = None


class FileId(msgspec.Struct, frozen=True, kw_only=True):
    """A file kept at one vendor; nobody else can read it. `media_type` is known where the vendor asks for it again."""

    origin: str
    id: str
    media_type: str | None = None


class PlainText(msgspec.Struct, frozen=True, kw_only=True):
    """A document given as text."""

    text: str


Source = Base64 | Link | FileId | PlainText


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a text comes from. `start` and `end` are offsets in code points of the text it belongs to, when known."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Text. `at` is where the caller wrote it, for error messages; it does not count in comparisons of meaning."""

    text: str
    citations: tuple[Citation, ...] = ()
    cache: CacheMark | None = None
    at: str = ""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture. `detail` is OpenAI's low/high/auto."""

    source: Source
    detail: str | None = None
    cache: CacheMark | None = None
    at: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document (PDF, text, …)."""

    source: Source
    name: str | None = None
    context: str | None = None
    wants_citations: bool = False
    cache: CacheMark | None = None
    at: str = ""


class Audio(msgspec.Struct, frozen=True, kw_only=True):
    """Sound."""

    source: Source
    at: str = ""


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """Moving pictures."""

    source: Source
    at: str = ""


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """What the model thought. `redacted`: the text is withheld and `signature` holds all there is."""

    text: str = ""
    signature: Signature | None = None
    is_redacted: bool = False
    id: str | None = None
    at: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The model's words for declining."""

    text: str
    at: str = ""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """The model asks for a call. `arguments` is JSON text exactly as the model made it ("" counts as `{}`)."""

    id: str
    name: str
    arguments: str
    signature: Signature | None = None
    cache: CacheMark | None = None
    at: str = ""


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a call gave. `name` is known where the caller's dialect has it, else found from the call."""

    call_id: str
    parts: tuple["Text | Image | Document", ...]
    name: str | None = None
    is_error: bool = False
    cache: CacheMark | None = None
    at: str = ""


Part = Text | Image | Document | Audio | Video | Thinking | Refusal | ToolCall | ToolResult


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `system` turns are instructions in mid-conversation; those before it are `Request.system`."""

    role: Literal["user", "assistant", "system"]
    parts: tuple[Part, ...]
    name: str | None = None
    at: str = ""


# --- requests ------------------------------------------------------------------------------------------------------


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A function the model may ask for. `parameters` is a JSON schema as bytes; None: it takes nothing."""

    name: str
    description: str | None = None
    parameters: bytes | None = None
    strict: bool | None = None
    cache: CacheMark | None = None
    at: str = ""


class WebSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's own web search."""

    uses_max: int | None = None
    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None
    context_size: Literal["low", "medium", "high"] | None = None
    at: str = ""


class ToolChoice(msgspec.Struct, frozen=True, kw_only=True):
    """`tool` forces one of `names`; the other modes may be limited to `names` (empty: all)."""

    mode: Literal["auto", "none", "required", "tool"]
    names: tuple[str, ...] = ()


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the text. `schema` is a JSON schema as bytes, for `json_schema`."""

    kind: Literal["text", "json", "json_schema"]
    name: str | None = None
    description: str | None = None
    schema: bytes | None = None
    strict: bool | None = None


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """How much to think. `budget_tokens` and `effort` are two ways of saying it; `wants_text` asks to see it."""

    effort: Effort | None = None
    budget_tokens: int | None = None
    is_adaptive: bool = False
    wants_text: bool | None = None
    summary: str | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a model. None and empty always mean: not stated, the vendor's default.

    `names` maps a field of this class to what the caller calls it, for error messages.
    """

    model: str
    turns: tuple[Turn, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    web_search: WebSearch | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: Output | None = None
    reasoning: Reasoning | None = None
    verbosity: str | None = None
    output_tokens_max: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    choices: int | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    store: bool | None = None
    is_stream: bool = False
    names: dict[str, str] = {}


# --- replies -------------------------------------------------------------------------------------------------------


class TokenLogprob(msgspec.Struct, frozen=True, kw_only=True):
    """One token of the output, its log probability, and the alternatives that were considered."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple["TokenLogprob", ...] = ()


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `stop` None: the vendor did not say."""

    parts: tuple[Part, ...]
    stop: StopReason | None = None
    stop_sequence: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. `usage` None: not stated. `notes` name what was met and could not be held, for the header."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created_seconds: int | None = None
    service_tier: str | None = None
    notes: tuple[str, ...] = ()


# --- events of a streamed answer -----------------------------------------------------------------------------------
# Begin (PartBegin Delta* PartEnd)* interleaved over choices, ChoiceEnd for each, UsageStated at any time, Done once
# at the end. A reader emits them in this order whatever its vendor does, so that every writer may rely on it: parts
# of one choice do not overlap (a reader holds back what its vendor interleaves), `part` counts from 0 in each choice.


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """The answer has begun."""

    id: str
    model: str
    created_seconds: int | None = None


class PartBegin(msgspec.Struct, frozen=True, kw_only=True):
    """A part begins; `opened` is it, still empty (text "", arguments ""), with its id and name."""

    choice: int
    part: int
    opened: Text | Thinking | Refusal | ToolCall


class TextDelta(msgspec.Struct, frozen=True, kw_only=True):
    """More text of a Text, Thinking or Refusal, or more arguments of a ToolCall."""

    choice: int
    part: int
    text: str


class SignatureStated(msgspec.Struct, frozen=True, kw_only=True):
    """The seal of the Thinking or ToolCall that is open."""

    choice: int
    part: int
    signature: Signature


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """A citation of the Text that is open."""

    choice: int
    part: int
    citation: Citation


class LogprobsStated(msgspec.Struct, frozen=True, kw_only=True):
    """Log probabilities of the text just sent."""

    choice: int
    logprobs: tuple[TokenLogprob, ...]


class PartEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The part is complete."""

    choice: int
    part: int


class ChoiceEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The choice is complete."""

    choice: int
    stop: StopReason | None
    stop_sequence: str | None = None


class UsageStated(msgspec.Struct, frozen=True, kw_only=True):
    """Usage so far; the last one counts."""

    usage: Usage


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor broke the answer off with an error of its own; nothing follows."""

    kind: str
    message: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer is complete. Absent: it was cut."""


Event = (
    Begin
    | PartBegin
    | TextDelta
    | SignatureStated
    | Cited
    | LogprobsStated
    | PartEnd
    | ChoiceEnd
    | UsageStated
    | Failed
    | Done
)
