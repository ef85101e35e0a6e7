"""`GET /v1/models`, `/v1beta/models` and one model of either: what this token may use, in the caller's shape.

Catch-all names are not listed, because they are not models.
"""

from urllib.parse import parse_qsl, unquote

from tollway.formats.chat import listing as chat
from tollway.formats.gemini import models as gemini
from tollway.formats.messages import models as messages
from tollway.formats.model_card import ModelCard
from tollway.gateway.accept import Inbound
from tollway.gateway.call import Call
from tollway.gateway.ports import Exchange, Headers
from tollway.gateway.rights import may_see
from tollway.gateway.snapshot import Compiled, Model
from tollway.kernel.errors import TollwayError
from tollway.policy.rights import Chain


def respond_models(exchange: Exchange, inbound: Inbound, chain: Chain, compiled: Compiled, call: Call) -> None:
    """List the models, by name. Raises request.field_invalid for a page that cannot be."""
    names = sorted(model.name for model in compiled.models.values() if _is_visible(model, chain, compiled))
    cards = [_card(compiled.models[name]) for name in names]
    query = dict(parse_qsl(inbound.query))
    match inbound.operation.dialect.name:
        case "messages":
            limit, after_id, before_id = (query.get(name) for name in ("limit", "after_id", "before_id"))
            body = messages.write_models(cards, limit=limit, after_id=after_id, before_id=before_id)
        case "gemini":
            body = gemini.write_models(
                cards,
                page_size=query.get("pageSize"),
                page_token=query.get("pageToken"),
            )
        case _:
            body = chat.write_models(cards)
    _respond(exchange, call, body)


def respond_model(exchange: Exchange, inbound: Inbound, chain: Chain, compiled: Compiled, call: Call) -> None:
    """Show one model. Raises model.not_found also for one the token may not use."""
    name = unquote(inbound.argument)
    model = compiled.models.get(name)
    if model is None or not _is_visible(model, chain, compiled):
        raise TollwayError("model.not_found", public=f"There is no model `{name[:200]}` for this token.", param="model")
    card = _card(model)
    match inbound.operation.dialect.name:
        case "messages":
            body = messages.write_model(card)
        case "gemini":
            body = gemini.write_model(card)
        case _:
            body = chat.write_model(card)
    _respond(exchange, call, body)


def _is_visible(model: Model, chain: Chain, compiled: Compiled) -> bool:
    return not model.name.endswith("*") and (not chain or may_see(model, chain, compiled))


def _card(model: Model) -> ModelCard:
    is_embedding = "embed" in model.name.lower()
    return ModelCard(model.name, model.created_seconds, model.owned_by, model.context_tokens, is_embedding)


def _respond(exchange: Exchange, call: Call, body: bytes) -> None:
    headers: Headers = [(b"content-type", b"application/json"), (b"x-request-id", call.request_id.encode())]
    headers += call.answer_headers
    call.status, call.outcome = 200, "ok"
    exchange.respond(200, headers, body)
