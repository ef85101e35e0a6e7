"""Calls that continue an earlier response, and the keeping of new ones (OpenAI's Responses alone).

What is decided is in `formats/responses/state.py`; here it meets the store and the call. Law: a response that an
upstream keeps is continued by that upstream alone, under the key it was made with where that still exists.
"""

from collections.abc import Callable

import msgspec

from tollway.contract.response_states import VERSION, KeptUpstream, ResponseState
from tollway.contract.usage import Usage
from tollway.formats.dialect import Watch
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.state import Continued, continue_from, keep, read_links
from tollway.formats.responses.stream_watch import StreamWatch
from tollway.formats.responses.stream_writer import EventWriter
from tollway.gateway.response_states import ResponseStates
from tollway.gateway.snapshot import Model, Provider, ProviderKey, build_model
from tollway.gateway.translation import TranslatingWatch
from tollway.kernel.errors import TollwayError

ITEMS_MAX = 256
"""References to items that one call may make; each is a look into the store."""


class Continuing(msgspec.Struct, frozen=True, gc=False):
    """A call of this dialect: whose it is, and what it continues."""

    owner: str
    continued: Continued


async def continue_call(body: JSONObject, owner: str, states: ResponseStates) -> Continuing:
    """Return the call with all that it names.

    Raises request.field_invalid, request.untranslatable, response.previous_not_found or gateway.states_unavailable.
    """
    links = read_links(body)
    previous = None if links.previous is None else await states.find_patiently(owner, links.previous)
    if len(links.items) > ITEMS_MAX:
        text = f"`input` refers to more than {ITEMS_MAX} items: continue the response with `previous_response_id`."
        raise TollwayError("request.field_invalid", public=text, param="input")
    item_ids = tuple(item_id for _, item_id in links.items)
    referred = await states.find_items_patiently(owner, item_ids) if item_ids else {}
    return Continuing(owner, continue_from(body, links, previous, referred))


def serve_where_kept(model: Model, kept: KeptUpstream) -> Model:
    """Return the model as the provider that keeps the response serves it, under the same key first.

    Raises response.previous_not_found when that provider does not serve it any more.
    """
    routes = tuple(route for route in model.routes if route.provider.id == kept.provider_id)
    if not routes:
        text = "The provider that keeps the response does not serve this model: send the whole conversation as `input`."
        raise TollwayError("response.previous_not_found", public=text, param="previous_response_id")
    narrowed = build_model(model.name, routes, model.created_seconds, model.owned_by)
    candidates = sorted(narrowed.candidates, key=lambda candidate: candidate[1].id != kept.key_id)
    return msgspec.structs.replace(narrowed, candidates=tuple(candidates))


def key_of(provider: Provider, kept: KeptUpstream) -> ProviderKey:
    """Return the key a response was made with, the provider's first where that is gone."""
    return next((key for key in provider.keys if key.id == kept.key_id), provider.keys[0])


def state_of(
    response: bytes, continuing: Continuing, *, model: str, vendor: str, upstream: KeptUpstream | None
) -> tuple[ResponseState, tuple[str, ...]] | None:
    """Return what is to be kept of an answer, with its items' ids; None for nothing. Never raises.

    `vendor` and `upstream` are as for `formats.responses.state.keep`. An answer was paid for, so that a fault in
    keeping it must not lose it.
    """
    try:
        return keep(response, continuing.continued, model=model, vendor=vendor, upstream=upstream)
    except (TollwayError, ValueError):
        return None


def kept_at(provider: Provider, key_id: str, upstream_model: str) -> KeptUpstream:
    """Return where an answer of this provider is kept, its own facts still to be filled in."""
    return KeptUpstream(VERSION, "", "", 0, provider.id, key_id, upstream_model)


def whole_response(watch: Watch) -> bytes | None:
    """Return the response object of a stream of this dialect once it is whole: passed through or translated."""
    if isinstance(watch, StreamWatch):
        return watch.response if watch.is_done else None
    writer = watch.writer if isinstance(watch, TranslatingWatch) else None
    return writer.response if isinstance(writer, EventWriter) else None


class KeepingWatch:
    """The tap of a streamed response: hands the whole response over before its last bytes pass.

    Keeps the contract of `formats.dialect.Watch`. `find_response` returns the whole response once there is one;
    `put` takes it, and must neither block nor raise.
    """

    __slots__ = ("_find_response", "_is_kept", "_put", "_watch")

    def __init__(self, watch: Watch, find_response: Callable[[], bytes | None], put: Callable[[bytes], None]) -> None:
        self._watch = watch
        self._find_response = find_response
        self._put = put
        self._is_kept = False

    @property
    def first_ns(self) -> int:
        """See Watch."""
        return self._watch.first_ns

    @property
    def error_code(self) -> str | None:
        """See Watch."""
        return self._watch.error_code

    def feed(self, chunk: bytes) -> bytes:
        """See Watch."""
        seen = self._watch.feed(chunk)
        self._keep()
        return seen

    def finish(self, error_code: str | None) -> bytes:
        """See Watch."""
        last = self._watch.finish(error_code)
        self._keep()
        return last

    def usage(self) -> Usage:
        """See Watch."""
        return self._watch.usage()

    def _keep(self) -> None:
        if self._is_kept:
            return
        response = self._find_response()
        if response is not None:
            self._is_kept = True
            self._put(response)
