"""A vendor that answers as its documents say, in whichever dialect it is spoken to: words, or a call when there are
tools and no result yet. What a vendor of that dialect would refuse is answered with 400; below `/mistral/` that is
what Mistral refuses, and below `/as-mistral/` it answers as Mistral and refuses as OpenAI.
"""

import json
from importlib import import_module
from types import ModuleType

from kit.facts import chat_request
from kit.replay import Reply, Seen
from kit.vendor_answers import answer

ENDINGS = {
    "/chat/completions": "chat",
    "/responses": "responses",
    "/messages": "messages",
    ":generateContent": "gemini",
    ":streamGenerateContent": "gemini",
}
REQUESTS: dict[str, ModuleType] = {name: import_module(f"kit.facts.{name}_request") for name in ENDINGS.values()}


def dialect_of(seen: Seen) -> str:
    """Return the dialect that a request came in, by its path."""
    path = seen.path.partition("?")[0]
    return next(dialect for ending, dialect in ENDINGS.items() if path.endswith(ending))


def respond(seen: Seen) -> Reply:
    """Answer a request."""
    dialect = dialect_of(seen)
    body = json.loads(seen.body)
    is_mistral = seen.path.startswith("/mistral/")
    check = chat_request.misshapen_for_mistral if is_mistral else REQUESTS[dialect].misshapen
    wrong = check(body)
    if wrong:
        return Reply(400, "application/json", json.dumps({"error": {"message": f"misshapen: {wrong[:5]}"}}).encode())
    asked = REQUESTS[dialect].read(body)
    is_stream = ":stream" in seen.path or asked.is_stream
    case = "tool" if asked.tools and all(item.kind != "result" for item in asked.items) else "text"
    content_type = "text/event-stream" if is_stream else "application/json"
    way = "mistral" if "mistral/" in seen.path else dialect
    return Reply(200, content_type, answer(way, case, is_stream=is_stream))
