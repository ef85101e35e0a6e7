"""What the sandbox answers: a pure function of the request.

The same request always gets the same bytes. Faults and delays are asked for by request headers:
`x-sandbox-status` (400-599) answers that error; `x-sandbox-latency-ms` waits before the head;
`x-sandbox-interval-ms` waits between events; `x-sandbox-cut-after` cuts the connection after so many events (0: before
the body ends); `x-sandbox-tokens` sets the length of the answer in words.
"""

import hashlib
import struct
from base64 import b64encode
from collections.abc import Mapping

import msgspec

from tollway.providers.sandbox.models import MODELS
from tollway.providers.sandbox.schema import instance_of
from tollway.providers.sandbox.words import sentence, words_in

LATENCY_MS_MAX = 60_000
TOKENS_MAX = 16_384
CREATED = 1_700_000_000
DIMENSIONS = 256
DIMENSIONS_MAX = 4_096

_encode = msgspec.json.Encoder().encode
_object = msgspec.json.Decoder(dict[str, object])


class Step(msgspec.Struct, frozen=True, gc=False):
    """Wait `pause_ms`, then send `data`. `is_cut` breaks the connection instead."""

    data: bytes
    pause_ms: int = 0
    is_cut: bool = False


class Script(msgspec.Struct, frozen=True, gc=False):
    """A whole answer: head after `latency_ms`, then the steps."""

    status: int
    content_type: str
    latency_ms: int
    steps: tuple[Step, ...]


class _Wish(msgspec.Struct, frozen=True, gc=False):
    status: int
    latency_ms: int
    interval_ms: int
    cut_after: int | None
    tokens: int


def answer(path: str, body: bytes, headers: Mapping[str, str]) -> Script:
    """Answer a request to `/chat/completions` or `/embeddings`; anything else is a 404 in OpenAI's shape."""
    wish = _read_wish(headers)
    if wish.status:
        return _error(wish, wish.status, f"The sandbox was asked to answer {wish.status}.")
    try:
        request = _object.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(wish, 400, "The body is not a JSON object.")
    names = {model.name: model for model in MODELS}
    model = names.get(str(request.get("model")))
    if model is None or (model.operation == "embeddings") != (path == "/embeddings"):
        return _error(wish, 404, f"The sandbox has no model {request.get('model')!r} for {path}.")
    if path == "/embeddings":
        return _whole(wish, _embeddings(request))
    if path != "/chat/completions":
        return _error(wish, 404, f"The sandbox has no path {path}.")
    if not isinstance(request.get("messages"), list) or not request["messages"]:
        return _error(wish, 400, "`messages` must be a list that is not empty.")
    completion = _complete(request, wish)
    if request.get("stream") is True:
        return _stream(wish, request, completion)
    return _whole(wish, completion.whole())


class _Completion(msgspec.Struct, gc=False):
    id: str
    model: str
    pieces: tuple[str, ...]
    tool: tuple[str, str] | None
    finish: str
    input_tokens: int
    choices: int

    def usage(self) -> dict[str, object]:
        """The usage object; tokens are words and marks."""
        output = self.output_tokens() * self.choices
        return {
            "prompt_tokens": self.input_tokens,
            "completion_tokens": output,
            "total_tokens": self.input_tokens + output,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }

    def output_tokens(self) -> int:
        return len(self.pieces) if self.tool is None else max(1, len(self.tool[1]) // 4)

    def tool_calls(self) -> list[dict[str, object]]:
        assert self.tool is not None
        name, arguments = self.tool
        return [{"id": f"call_{self.id[-16:]}", "type": "function", "function": {"name": name, "arguments": arguments}}]

    def whole(self) -> bytes:
        message: dict[str, object] = {"role": "assistant", "content": "".join(self.pieces) or None}
        if self.tool is not None:
            message = {"role": "assistant", "content": None, "tool_calls": self.tool_calls()}
        choices = [
            {"index": index, "message": message, "logprobs": None, "finish_reason": self.finish}
            for index in range(self.choices)
        ]
        return _encode(
            {
                "id": self.id,
                "object": "chat.completion",
                "created": CREATED,
                "model": self.model,
                "choices": choices,
                "usage": self.usage(),
            }
        )


def _complete(request: Mapping[str, object], wish: _Wish) -> _Completion:
    # A stream is the same answer in pieces.
    asked = {name: value for name, value in request.items() if name not in ("stream", "stream_options")}
    digest = hashlib.sha256(_encode(asked)).hexdigest()
    prompt = "\n".join(_texts(request["messages"]))
    bound = request.get("max_completion_tokens") or request.get("max_tokens")
    bound = bound if isinstance(bound, int) and bound > 0 else TOKENS_MAX
    tool = _tool(request)
    pieces: tuple[str, ...] = ()
    finish = "tool_calls"
    if tool is None:
        pieces = _pieces(request, prompt, digest, wish)
        finish = "length" if len(pieces) > bound else "stop"
        pieces = pieces[:bound]
    choices = request.get("n")
    return _Completion(
        id=f"chatcmpl-sandbox-{digest[:24]}",
        model=str(request["model"]),
        pieces=pieces,
        tool=tool,
        finish=finish,
        input_tokens=len(words_in(prompt)) + 4,
        choices=choices if isinstance(choices, int) and 1 <= choices <= 8 else 1,
    )


def _pieces(request: Mapping[str, object], prompt: str, digest: str, wish: _Wish) -> tuple[str, ...]:
    wanted = request.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") in ("json_schema", "json_object"):
        schema = wanted.get("json_schema")
        inner = schema.get("schema") if isinstance(schema, dict) else None
        text = _encode(instance_of(inner if isinstance(inner, dict) else {"type": "object"})).decode()
        return tuple(text[at : at + 4] for at in range(0, len(text), 4))
    if wish.tokens:
        return sentence(digest, wish.tokens)
    last = prompt.rsplit("\n", 1)[-1]
    opening = words_in(f"You said: {last[:400]}") if last else ()
    return (*opening, *sentence(digest, 12))


def _tool(request: Mapping[str, object]) -> tuple[str, str] | None:
    """Call a tool when one is forced, or when there are tools and no tool has answered yet."""
    tools = _dicts([item.get("function") for item in _dicts(request.get("tools"))])
    choice = request.get("tool_choice", "auto")
    messages = _dicts(request["messages"])
    if not tools or choice == "none" or (choice == "auto" and messages and messages[-1].get("role") == "tool"):
        return None
    named = _dicts([choice.get("function")]) if isinstance(choice, dict) else []
    wanted = named[0].get("name") if named else None
    function = next((item for item in tools if item.get("name") == wanted), tools[0])
    schema = function.get("parameters")
    return str(function.get("name")), _encode(instance_of(schema if isinstance(schema, dict) else {})).decode()


def _stream(wish: _Wish, request: Mapping[str, object], completion: _Completion) -> Script:
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": ""}]
    if completion.tool is None:
        deltas += [{"content": piece} for piece in completion.pieces]
    else:
        deltas = [{"role": "assistant", "content": None}]
        deltas += [{"tool_calls": [{"index": 0, **call}]} for call in completion.tool_calls()]
    events = [_event(completion, delta, None) for delta in deltas]
    events.append(_event(completion, {}, completion.finish))
    options = request.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage") is True:
        head = _chunk(completion)
        events.append(b"data: " + _encode({**head, "choices": [], "usage": completion.usage()}) + b"\n\n")
    events.append(b"data: [DONE]\n\n")
    steps = [Step(event, wish.interval_ms) for event in events]
    if wish.cut_after is not None:
        steps = [*steps[: wish.cut_after], Step(b"", 0, is_cut=True)]
    return Script(200, "text/event-stream; charset=utf-8", wish.latency_ms, tuple(steps))


def _chunk(completion: _Completion) -> dict[str, object]:
    return {"id": completion.id, "object": "chat.completion.chunk", "created": CREATED, "model": completion.model}


def _event(completion: _Completion, delta: Mapping[str, object], finish: str | None) -> bytes:
    choices = [{"index": index, "delta": delta, "finish_reason": finish} for index in range(completion.choices)]
    return b"data: " + _encode({**_chunk(completion), "choices": choices}) + b"\n\n"


def _embeddings(request: Mapping[str, object]) -> bytes:
    given = request.get("input")
    inputs = given if isinstance(given, list) and not all(isinstance(item, int) for item in given) else [given]
    wanted = request.get("dimensions")
    dimensions = wanted if isinstance(wanted, int) and 1 <= wanted <= DIMENSIONS_MAX else DIMENSIONS
    is_base64 = request.get("encoding_format") == "base64"
    data = []
    tokens = 0
    for index, item in enumerate(inputs):
        text = item if isinstance(item, str) else _encode(item).decode()
        tokens += max(1, len(words_in(text)))
        vector = _vector(text, dimensions)
        shown: object = vector
        if is_base64:
            shown = b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": shown})
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return _encode({"object": "list", "data": data, "model": request["model"], "usage": usage})


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector made of the text's words, so that texts with words in common are near each other."""
    sums = [0.0] * dimensions
    for word in words_in(text.lower()) or ("",):
        digest = hashlib.sha256(word.strip().encode()).digest()
        for at in range(0, 32, 4):
            number = int.from_bytes(digest[at : at + 4], "big")
            sums[number % dimensions] += 1.0 if number & 0x80000000 else -1.0
    length = sum(value * value for value in sums) ** 0.5 or 1.0
    return [round(value / length, 6) for value in sums]


def _whole(wish: _Wish, body: bytes) -> Script:
    step = Step(body) if wish.cut_after is None else Step(body[: len(body) // 2])
    steps = (step,) if wish.cut_after is None else (step, Step(b"", 0, is_cut=True))
    return Script(200, "application/json", wish.latency_ms, steps)


def _error(wish: _Wish, status: int, message: str) -> Script:
    body = _encode({"error": {"message": message, "type": "sandbox_error", "param": None, "code": f"sandbox_{status}"}})
    return Script(status, "application/json", wish.latency_ms, (Step(body),))


def _read_wish(headers: Mapping[str, str]) -> _Wish:
    def number(name: str, high: int) -> int | None:
        text = headers.get(name, "")
        return min(int(text), high) if text.isascii() and text.isdigit() and len(text) <= 6 else None

    status = number("x-sandbox-status", 999) or 0
    return _Wish(
        status=status if 400 <= status <= 599 else 0,
        latency_ms=number("x-sandbox-latency-ms", LATENCY_MS_MAX) or 0,
        interval_ms=number("x-sandbox-interval-ms", LATENCY_MS_MAX) or 0,
        cut_after=number("x-sandbox-cut-after", TOKENS_MAX),
        tokens=number("x-sandbox-tokens", TOKENS_MAX) or 0,
    )


def _texts(messages: object) -> list[str]:
    texts: list[str] = []
    for message in _dicts(messages):
        content = message.get("content")
        if isinstance(content, str):
            texts.append(content)
        texts += [str(part["text"]) for part in _dicts(content) if isinstance(part.get("text"), str)]
    return texts


def _dicts(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
