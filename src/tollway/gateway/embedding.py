"""Embeddings: a call whose answer is vectors, priced by its input alone."""

from tollway.formats.chat.usage import read_usage
from tollway.formats.dialects import CHAT
from tollway.gateway.accept import Inbound
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.ports import Answer, Exchange
from tollway.gateway.prepare import Prepared, passed_headers
from tollway.gateway.relay import Relayed, read_whole, send_whole, settle_price, tell_fault
from tollway.gateway.resolve import Plan
from tollway.kernel.errors import TollwayError


class EmbedPreparation:
    """The requests of one call, for the routes that make embeddings."""

    __slots__ = ("_inbound", "_plan")

    def __init__(self, plan: Plan, inbound: Inbound) -> None:
        self._plan = plan
        self._inbound = inbound

    def find(self, place: int) -> Prepared | None:
        """Return the request for the route at `place`; None when its provider makes no embeddings."""
        plan = self._plan
        route = plan.model.routes[place]
        if route.provider.kind.embeddings != "openai" or plan.dialect is not CHAT:
            return None
        body = plan.body
        if route.upstream_model != plan.model.name:
            body = body.copy()
            body.set("model", route.upstream_model)
        target = f"{route.provider.destination.base_path}/embeddings".encode("ascii")
        return Prepared(target, body.encode(), passed_headers(self._inbound, route, CHAT), CHAT)

    def refusal(self) -> TollwayError:
        """Say that none of the model's providers makes embeddings."""
        name = self._plan.model.name[:200]
        return TollwayError(
            "request.untranslatable", public=f"No provider of `{name}` makes embeddings.", param="model"
        )


async def respond_embeddings(exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
    """Pass the vectors on. Raises upstream.* while nothing has reached the caller."""
    raw = await read_whole(answer, call, gw)
    if answer.status != 200:
        raw = tell_fault(raw, answer, relayed, call)
    else:
        plan = relayed.plan
        usage = read_usage(raw) or CHAT.estimate_usage(raw, plan.bounds.input_tokens_estimate)
        settle_price(usage, relayed.tariff, call)
        if relayed.is_renamed:
            raw = CHAT.rename(raw, plan.model.name)
    send_whole(exchange, answer, raw, relayed, call)
