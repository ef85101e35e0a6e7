"""`GET /v1/models` and `/v1/models/{id}`: what this token may use, in OpenAI's shape.

https://platform.openai.com/docs/api-reference/models — catch-all names are not listed, because they are not models.
"""

from urllib.parse import unquote

import msgspec

from tollway.gateway.call import Call
from tollway.gateway.ports import Exchange, Headers
from tollway.gateway.snapshot import Compiled, Model
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError

_encode = msgspec.json.Encoder().encode


def respond_models(exchange: Exchange, caller: Caller, compiled: Compiled, call: Call) -> None:
    """List the models, by name."""
    names = sorted(name for name in compiled.models if _is_visible(name, caller))
    _respond(exchange, call, {"object": "list", "data": [_shown(compiled.models[name]) for name in names]})


def respond_model(exchange: Exchange, caller: Caller, compiled: Compiled, call: Call) -> None:
    """Show one model. Raises model.not_found also for one the token may not use."""
    name = unquote(exchange.head.path.removeprefix("/v1/models/"))
    model = compiled.models.get(name)
    if model is None or not _is_visible(name, caller):
        raise TollwayError("model.not_found", public=f"There is no model `{name[:200]}` for this token.", param="model")
    _respond(exchange, call, _shown(model))


def _is_visible(name: str, caller: Caller) -> bool:
    allowed = caller.token.models
    return not name.endswith("*") and (allowed is None or name in allowed)


def _shown(model: Model) -> dict[str, object]:
    return {"id": model.name, "object": "model", "created": model.created_seconds, "owned_by": model.owned_by}


def _respond(exchange: Exchange, call: Call, body: object) -> None:
    headers: Headers = [(b"content-type", b"application/json"), (b"x-request-id", call.request_id.encode())]
    headers += call.answer_headers
    call.status, call.outcome = 200, "ok"
    exchange.respond(200, headers, _encode(body))
