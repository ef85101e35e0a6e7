"""The next request of a conversation, as a client of each dialect builds it from the answer it was shown.

It sends back what it got, untouched, and a result for each call; thus what a vendor seals reaches that vendor again.
"""

import json
from typing import Any

RESULT = "done"
NEXT = "And now?"


def continued(dialect: str, body: dict[str, Any], shown: bytes) -> dict[str, Any]:
    """Return the body that follows on `body`, after the whole answer `shown`."""
    return {"chat": _chat, "responses": _responses, "messages": _messages, "gemini": _gemini}[dialect](
        body, json.loads(shown)
    )


def _chat(body: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in shown["choices"][0]["message"].items() if value is not None}
    said.pop("annotations", None)
    results = [{"role": "tool", "tool_call_id": call["id"], "content": RESULT} for call in said.get("tool_calls") or ()]
    return body | {"messages": [*body["messages"], said, *(results or [{"role": "user", "content": NEXT}])]}


def _responses(body: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    results = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": RESULT}
        for item in shown["output"]
        if item["type"] == "function_call"
    ]
    return body | {"input": [*body["input"], *shown["output"], *(results or [{"role": "user", "content": NEXT}])]}


def _messages(body: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": RESULT}
        for block in shown["content"]
        if block["type"] == "tool_use"
    ]
    following = [{"role": "assistant", "content": shown["content"]}, {"role": "user", "content": results or NEXT}]
    return body | {"messages": [*body["messages"], *following]}


def _gemini(body: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    content = shown["candidates"][0]["content"]
    calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
    results: list[dict[str, Any]] = []
    for call in calls:
        named = {name: call[name] for name in ("id", "name") if name in call}
        results.append({"functionResponse": named | {"response": {"output": RESULT}}})
    following = [content, {"role": "user", "parts": results or [{"text": NEXT}]}]
    return body | {"contents": [*body["contents"], *following]}
