"""Chat Completions, read with OpenAI's own types, and the fields its compatible vendors document beside them.

Vendors' fields: DeepSeek and Z.ai `reasoning_content`, `prompt_cache_hit_tokens`
(https://api-docs.deepseek.com/api/create-chat-completion); Groq and OpenRouter `reasoning`
(https://console.groq.com/docs/reasoning, https://openrouter.ai/docs/use-cases/reasoning-tokens); Mistral's content
as a list of `text` and `thinking` chunks and `model_length` (https://docs.mistral.ai/capabilities/reasoning/);
Z.ai's `sensitive`, `network_error` (https://docs.z.ai/api-reference/llm/chat-completion).
"""

import json
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from kit.facts.answer import Answer, Call, Option, Use, events, parse_arguments

STOPS = {
    "stop": "end",
    "eos": "end",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool",
    "function_call": "tool",
    "content_filter": "filter",
    "sensitive": "filter",
    "error": "error",
    "network_error": "error",
    "insufficient_system_resource": "error",
}


def read_answer(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a whole answer; strictly, OpenAI's own types must accept it."""
    body = json.loads(raw)
    if is_strict:
        ChatCompletion.model_validate(body)
        assert body["object"] == "chat.completion"
    answer = Answer(body.get("id") or "", body.get("model") or "", use=_use(body.get("usage")))
    for choice in body["choices"]:
        answer.options.append(_option(choice["message"], choice))
    return answer


def read_stream(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a stream; strictly, it must satisfy OpenAI's own accumulator, and each choice end once."""
    answer, state = Answer(), ChatCompletionStreamState()
    gathered: dict[int, dict[str, Any]] = {}
    ends: dict[int, dict[str, Any]] = {}
    data = [text for _, text in events(raw)]
    is_done = bool(data) and data[-1] == "[DONE]"
    for text in data[: -1 if is_done else None]:
        body = json.loads(text)
        if "error" in body:
            answer.error = body["error"].get("message") or "error"
        if is_strict and "error" not in body:
            state.handle_chunk(ChatCompletionChunk.model_validate(body))
            assert body["object"] == "chat.completion.chunk"
        answer.id, answer.model = answer.id or body.get("id") or "", answer.model or body.get("model") or ""
        answer.use = _use(body.get("usage") or (body.get("x_groq") or {}).get("usage")) or answer.use
        for choice in body.get("choices") or ():
            index = choice["index"]
            _gather(gathered.setdefault(index, {"tool_calls": []}), choice.get("delta") or {})
            if choice.get("logprobs"):
                gathered[index].setdefault("logprobs", []).extend(choice["logprobs"].get("content") or [])
            if choice.get("finish_reason"):
                assert not (is_strict and index in ends), "a choice ends once"
                ends[index] = choice
    for index, message in sorted(gathered.items()):
        end = ends.get(index, {})
        logprobs = {"content": message.pop("logprobs", None)}
        answer.options.append(_option(message, {"finish_reason": end.get("finish_reason"), "logprobs": logprobs}))
    if is_strict and answer.error is None:
        assert is_done, "a complete stream ends with [DONE]"
        for option, choice in zip(answer.options, state.current_completion_snapshot.choices, strict=True):
            assert (choice.message.content or "") == option.text
            calls = [parse_arguments(call.function.arguments) for call in choice.message.tool_calls or ()]
            assert calls == [call.arguments for call in option.calls]
    return answer


def _gather(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name in ("content", "refusal", "reasoning", "reasoning_content"):
        value = delta.get(name)
        if isinstance(value, list):
            message["content"] = [*(message.get("content") or []), *value]
        elif value:
            message[name] = (message.get(name) or "") + value
    for name in ("annotations", "reasoning_details"):
        message.setdefault(name, []).extend(delta.get(name) or [])
    for call in delta.get("tool_calls") or ():
        at = call.get("index", len(message["tool_calls"]))
        while len(message["tool_calls"]) <= at:
            message["tool_calls"].append({"id": "", "function": {"name": "", "arguments": ""}})
        kept = message["tool_calls"][at]
        kept["id"] = kept["id"] or call.get("id") or ""
        function = call.get("function") or {}
        kept["function"]["name"] = kept["function"]["name"] or function.get("name") or ""
        kept["function"]["arguments"] += function.get("arguments") or ""


def _option(message: dict[str, Any], choice: dict[str, Any]) -> Option:
    option = Option(refusal=message.get("refusal") or "")
    content = message.get("content") or ""
    if isinstance(content, list):
        option.text = "".join(part.get("text") or "" for part in content if part["type"] == "text")
        thought = [piece for part in content if part["type"] == "thinking" for piece in part["thinking"]]
        option.thinking = "".join(piece.get("text") or "" for piece in thought)
    else:
        option.text = content
    option.thinking = option.thinking or message.get("reasoning_content") or message.get("reasoning") or ""
    for detail in message.get("reasoning_details") or ():
        option.signatures += [detail[name] for name in ("signature", "data") if detail.get(name)]
    for call in message.get("tool_calls") or ():
        function = call["function"]
        option.calls.append(Call(call.get("id") or "", function["name"], parse_arguments(function.get("arguments"))))
    for note in message.get("annotations") or ():
        if note.get("type") == "url_citation":
            option.urls.add(note["url_citation"]["url"])
    for item in (choice.get("logprobs") or {}).get("content") or ():
        option.logprobs.append((item["token"], round(item["logprob"], 6)))
    reason = choice.get("finish_reason")
    option.stop = STOPS[reason] if reason else None
    if option.refusal:
        option.stop = "refusal"
    return option


def _use(usage: dict[str, Any] | None) -> Use | None:
    if not usage:
        return None
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    elsewhere = (usage.get(name) for name in ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"))
    cached = prompt.get("cached_tokens") or next((count for count in elsewhere if count), 0)
    made = usage.get("completion_tokens") or 0
    # Google's compatible address leaves thoughts out of `completion_tokens`, and has them in `total_tokens`.
    unsaid = max(0, (usage.get("total_tokens") or 0) - usage["prompt_tokens"] - made)
    return Use(
        input=usage["prompt_tokens"],
        output=made + unsaid,
        cached=cached,
        cache_write=prompt.get("cache_write_tokens") or 0,
        reasoning=(completion.get("reasoning_tokens") or 0) + unsaid,
    )
