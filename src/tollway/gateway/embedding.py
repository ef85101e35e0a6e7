"""Embeddings: a call whose answer is vectors, priced by its input alone.

As everywhere: a provider that is asked in the caller's way gets the caller's bytes, any other gets the same request
written anew.
"""

from msgspec import structs

from tollway.formats.dialect import DialectName, Inexpressible
from tollway.formats.dialects import CHAT, DIALECTS, embed_target, embedding_dialect
from tollway.formats.embeddings.hub import EmbeddingRequest
from tollway.gateway.accept import Inbound
from tollway.gateway.answer_facts import label_json
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.ports import Answer, Exchange
from tollway.gateway.prepare import Prepared, own_lines, passed_lines, untranslatable
from tollway.gateway.relay import Relayed, read_whole, send_whole, settle_price, tell_fault
from tollway.gateway.resolve import Plan
from tollway.gateway.snapshot import Route
from tollway.kernel.errors import TollwayError


class EmbedPreparation:
    """The requests of one call, for the routes that make embeddings, and how their answers are told."""

    __slots__ = ("_inbound", "_made", "_plan", "_refusal", "_request")

    def __init__(self, plan: Plan, inbound: Inbound) -> None:
        self._plan = plan
        self._inbound = inbound
        self._request: EmbeddingRequest | None = None
        self._refusal: TollwayError | None = None

    def refusal(self) -> TollwayError:
        """Return why none of the model's providers can be asked."""
        text = f"No provider of `{self._plan.model.name[:200]}` makes embeddings."
        return self._refusal or TollwayError("request.untranslatable", public=text, param="model")

    async def respond(self, exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
        """Tell the vectors. Raises upstream.* while nothing has reached the caller."""
        raw = await read_whole(answer, call, gw)
        if answer.status != 200:
            raw = tell_fault(raw, answer, relayed, call)
        elif relayed.prepared.dialect is self._plan.dialect:
            raw = self._pass(raw, relayed, call)
        else:
            raw = self._translate_answer(raw, relayed, call)
            label_json(answer)
        send_whole(exchange, answer, raw, relayed, call)

    def make(self, route: Route) -> Prepared | None:
        """Return the request for a route; None when its provider cannot be asked for it.

        Raises request.field_invalid or request.untranslatable when the body cannot be understood.
        """
        match route.provider.kind.embeddings:
            case "openai":
                name: DialectName = "chat"
            case "gemini":
                name = "gemini"
            case "none":
                return None
        if name == self._plan.dialect.name:
            return self._pass_through(route)
        try:
            return self._translate(route, name)
        except Inexpressible as reason:
            self._refusal = self._refusal or untranslatable(reason, self._understood().names)
            return None

    def _pass_through(self, route: Route) -> Prepared:
        plan = self._plan
        body = plan.body.copy()
        embedding_dialect(plan.dialect).adapt(body, route.target)
        method = "" if plan.dialect is CHAT else self._inbound.path.rpartition(":")[2]
        target = embed_target(route.provider.destination.base_path, route.upstream_model, method)
        return Prepared(target, body.encode(), passed_lines(self._inbound, route, plan.dialect), plan.dialect)

    def _translate(self, route: Route, name: DialectName) -> Prepared:
        dialect = DIALECTS[name]
        written = embedding_dialect(dialect).write_request(self._understood(), route.target)
        method = "" if dialect is CHAT else "batchEmbedContents"
        target = embed_target(route.provider.destination.base_path, route.upstream_model, method)
        lines = own_lines(self._inbound, route, list(written.headers))
        return Prepared(target, written.body, lines, dialect, notes=written.notes)

    def _understood(self) -> EmbeddingRequest:
        if self._request is None:
            plan = self._plan
            self._request = embedding_dialect(plan.dialect).read_request(plan.body, model=plan.model.name)
        return self._request

    def _pass(self, raw: bytes, relayed: Relayed, call: Call) -> bytes:
        plan = self._plan
        dialect = embedding_dialect(plan.dialect)
        usage = dialect.read_usage(raw) or plan.dialect.estimate_usage(b"", plan.bounds.input_tokens_estimate)
        settle_price(usage, relayed.tariff, call)
        return dialect.rename(raw, plan.model.name) if relayed.is_renamed else raw

    def _translate_answer(self, raw: bytes, relayed: Relayed, call: Call) -> bytes:
        plan = self._plan
        estimate = plan.dialect.estimate_usage(b"", plan.bounds.input_tokens_estimate)
        try:
            reply = embedding_dialect(relayed.prepared.dialect).read_reply(raw)
        except ValueError as error:
            settle_price(estimate, relayed.tariff, call)
            raise TollwayError("upstream.protocol", internal=f"vectors that cannot be read: {error}") from error
        usage = reply.usage or estimate
        settle_price(usage, relayed.tariff, call)
        reply = structs.replace(reply, model=plan.model.name)
        return embedding_dialect(plan.dialect).write_reply(reply, self._understood(), usage)
