"""Usage as Responses states it, read into our own counts and written again.

https://platform.openai.com/docs/api-reference/responses/object — `input_tokens` includes what was cached and what was
written to the cache, `output_tokens` includes reasoning. The calls of built-in tools that OpenAI bills are not in
`usage`: they are counted among the items, of web searches only those that searched (opening a page is free):
https://platform.openai.com/docs/pricing#built-in-tools
"""

from typing import Any

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.lenient import Fields

_NOT_A_TIER = "auto"
"""What was asked for, shown until it is known what was used."""


def read_usage(raw: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    answer = Fields.parse(raw)
    return None if answer is None else usage_of(answer)


def usage_of(response: Fields) -> Usage | None:
    """Return the usage that a response object states; None when it states none.

    Counts are cut to [0, 2^40] and details to their total, so that no statement can make a charge negative.
    """
    stated = response.child("usage")
    if stated is None or ("input_tokens" not in stated and "output_tokens" not in stated):
        return None
    inputs, outputs = stated.count("input_tokens"), stated.count("output_tokens")
    of_input = stated.child("input_tokens_details") or Fields({})
    of_output = stated.child("output_tokens_details") or Fields({})
    tier = response.text("service_tier")
    searches, file_searches, executions = _tool_calls(response)
    return Usage(
        input_tokens=inputs,
        output_tokens=outputs,
        cached_input_tokens=min(of_input.count("cached_tokens"), inputs),
        cache_write_tokens=min(of_input.count("cache_write_tokens"), inputs),
        reasoning_tokens=min(of_output.count("reasoning_tokens"), outputs),
        input_audio_tokens=min(of_input.count("audio_tokens"), inputs),
        output_audio_tokens=min(of_output.count("audio_tokens"), outputs),
        web_searches=searches,
        file_searches=file_searches,
        code_executions=executions,
        tier="" if tier == _NOT_A_TIER else tier,
    )


def estimate_usage(raw: bytes, input_tokens_estimate: int) -> Usage:
    """Estimate what an answer without stated usage consumed, from the length of what was made."""
    answer = Fields.parse(raw)
    made = 0 if answer is None else sum(_item_bytes(item) for item in answer.children("output"))
    return Usage(input_tokens=input_tokens_estimate, output_tokens=-(-made // BYTES_PER_TOKEN), is_estimated=True)


def write_usage(usage: Usage) -> dict[str, Any]:
    """Return `usage`."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _tool_calls(response: Fields) -> tuple[int, int, int]:
    """Return the billed web searches, file searches and code containers."""
    searches = file_searches = 0
    containers: set[str] = set()
    for item in response.children("output"):
        match item.text("type"):
            case "web_search_call":
                action = item.child("action")
                searches += action is None or action.text("type") in ("", "search")
            case "file_search_call":
                file_searches += 1
            case "code_interpreter_call":
                containers.add(item.text("container_id"))
    usage = response.child("tool_usage") or Fields({})
    search = usage.child("web_search") or Fields({})
    return max(searches, search.count("num_requests")), file_searches, len(containers)


def _item_bytes(item: Fields) -> int:
    texts = [item.text("arguments"), item.text("input"), item.text("code")]
    for name in ("content", "summary"):
        texts += [part.text("text") or part.text("refusal") for part in item.children(name)]
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
