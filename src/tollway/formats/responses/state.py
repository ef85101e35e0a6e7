"""State: continuing, keeping and finding earlier responses, as far as it can be decided without I/O.

https://platform.openai.com/docs/guides/conversation-state — a caller of this dialect may name an earlier response
(`previous_response_id`) or single items of one (`item_reference`) instead of sending them again. Who keeps a response
is decided by its answer: OpenAI itself, when it says `"store": true`; else we do, unless the caller said
`"store": false`. Whatever is kept belongs to the owner of the call, and for anybody else it is as unknown as an id
that never was.

    create                                                                     who
    1  links = read_links(body)                                                here
    2  previous, referred = states.find_patiently / find_items_patiently (…)   the store
    3  continued = continue_from(body, links, previous, referred)              here
         unknown id                → response.previous_not_found
         kept here                 → body with the whole conversation as `input`; any candidate can serve it
         kept upstream             → body as it is; `continued.upstream` is the only provider that can serve it (the
                                     key it was kept under first); a candidate of another dialect refuses
                                     `previous_response_id` by name when the body is read for translation
    4  reserve with `continued.context_tokens` on top of the body's own bounds; send or translate `continued.body`
    5  answer; `response` is the whole object as the caller gets it: of a translated stream `EventWriter.response`, of
       one that was passed on `StreamWatch.response` once it `is_done`; a failed or cut answer is not kept
    6  state, items = keep(response, continued, …)                             here
         before the last bytes reach the caller: `await states.put(…)` for whole answers, `states.put_soon(…)` inside
         the tap for streams (`find_patiently` bridges the moment until it is written)

    retrieve · input_items · delete · cancel
    1  state = states.find(owner, id)            none → response.not_found, whatever the reason
    2  kept upstream: send the call on to that provider under that key, and answer what it says, with the model under
       the name of `state.model`; after a delete that it granted, `states.delete`
       kept here: `listing.py` writes the answer; delete is `states.delete`; cancel is refused, since what is kept
       here has ended
"""

from collections.abc import Mapping
from typing import NoReturn

import msgspec

from tollway.contract.response_states import VERSION, KeptHere, KeptUpstream, ResponseState
from tollway.formats.asked import invalid, untranslatable
from tollway.formats.json_object import JSONObject
from tollway.formats.lenient import Fields
from tollway.formats.responses.item_writer import OPENAI_VENDORS
from tollway.formats.responses.kept_items import read_items, with_ids
from tollway.formats.responses.usage import usage_of
from tollway.kernel.errors import TollwayError

_encode = msgspec.json.Encoder().encode
_FINAL = ("completed", "incomplete")


class Links(msgspec.Struct, frozen=True, gc=False):
    """What a request says about responses that are kept: which it needs, and whether its own is to be.

    `items` are the ids of item references with their places in `input`.
    """

    previous: str | None = None
    items: tuple[tuple[int, str], ...] = ()
    wants_kept: bool = True
    is_background: bool = False


class Continued(msgspec.Struct, frozen=True, gc=False):
    """A request that needs nothing more: what to send or translate, and where it must be served, if anywhere.

    `context_tokens` is the most that the upstream adds from what it keeps; 0 when the conversation is in the body.
    """

    body: JSONObject
    links: Links
    upstream: KeptUpstream | None = None
    context_tokens: int = 0


def read_links(body: JSONObject) -> Links:
    """Return what a request says about kept responses. Raises request.field_invalid."""
    previous = body.text("previous_response_id")
    if previous is not None and body.raw("conversation") not in (b"", b"null"):
        invalid("previous_response_id", "and `conversation` exclude each other")
    if previous == "":
        invalid("previous_response_id", "must be the id of a response")
    return Links(
        previous=previous,
        items=_references(body),
        wants_kept=body.read("store", bool) is not False,
        is_background=body.read("background", bool) is True,
    )


def continue_from(
    body: JSONObject, links: Links, previous: ResponseState | None, referred: Mapping[str, ResponseState]
) -> Continued:
    """Return the request with all that it names: from what is kept here in its body, from upstream by where it is.

    `referred` maps the ids of items to the states that have them. Raises response.previous_not_found for what is not
    there, request.untranslatable when two providers would have to serve the call.
    """
    if links.previous is not None and previous is None:
        raise TollwayError("response.previous_not_found", param="previous_response_id")
    upstream = previous if isinstance(previous, KeptUpstream) else None
    found: dict[int, msgspec.Raw] = {}
    for place, item_id in links.items:
        state = referred.get(item_id)
        if isinstance(state, KeptHere):
            found[place] = _item_of(state, item_id, place)
        elif state is None:
            _refuse_item(place)
        elif upstream is not None and upstream.provider_id != state.provider_id:
            untranslatable(f"input[{place}]", "is kept at another provider than the rest: send the item itself")
        else:
            upstream = upstream or state
    kept = previous if isinstance(previous, KeptHere) else None
    if kept is not None and upstream is not None:
        untranslatable("previous_response_id", "is not kept where the items are: send the whole conversation")
    if kept is not None or found:
        body = _with_whole_input(body, kept, found)
    there = {state.id: state for state in (previous, *referred.values()) if isinstance(state, KeptUpstream)}
    tokens = sum(state.context_tokens for state in there.values())
    return Continued(body=body, links=links, upstream=upstream, context_tokens=tokens)


def keep(
    response: bytes, continued: Continued, *, model: str, vendor: str, upstream: KeptUpstream | None
) -> tuple[ResponseState, tuple[str, ...]] | None:
    """Return what is to be kept of an answer, with the ids of its items; None when nothing is.

    `response` is the object as the caller gets it, `vendor` the kind of whom it came from without translation, "" for
    a translated one. `upstream` names the provider, key and model that answered (its `id` and counts are filled in
    here); None where no upstream of this dialect did.
    """
    answer = Fields.parse(response)
    response_id = "" if answer is None else answer.text("id")
    if answer is None or not response_id:
        return None
    if upstream is not None and vendor in OPENAI_VENDORS and answer.is_true("store"):
        return _kept_upstream(answer, upstream, model), tuple(_output_ids(answer))
    if not continued.links.wants_kept or answer.text("status") not in _FINAL:
        return None
    items = with_ids(read_items(continued.body.raw("input")), response_id)
    state = KeptHere(
        v=VERSION,
        id=response_id,
        model=model,
        created_seconds=answer.count("created_at"),
        response=response,
        input_items=_encode([item for _, item in items]),
    )
    return state, (*_output_ids(answer), *(item_id for item_id, _ in items))


def _kept_upstream(answer: Fields, upstream: KeptUpstream, model: str) -> KeptUpstream:
    usage = usage_of(answer)
    return msgspec.structs.replace(
        upstream,
        v=VERSION,
        id=answer.text("id"),
        model=model,
        created_seconds=answer.count("created_at"),
        context_tokens=0 if usage is None else usage.input_tokens + usage.output_tokens,
    )


def _references(body: JSONObject) -> tuple[tuple[int, str], ...]:
    raw = body.raw("input")
    if not raw.startswith(b"[") or b'"id"' not in raw:
        return ()
    found: list[tuple[int, str]] = []
    for place, item in enumerate(read_items(raw)):
        fields = Fields.parse(item) or Fields({})
        kind = fields.text("type")
        if kind == "item_reference" or (not kind and "role" not in fields and "id" in fields):
            found.append((place, fields.text("id") or invalid(f"input[{place}].id", "must be the id of an item")))
    return tuple(found)


def _with_whole_input(body: JSONObject, kept: KeptHere | None, found: Mapping[int, msgspec.Raw]) -> JSONObject:
    """Return the body with everything in `input`: what is kept, then what is new; nothing twice."""
    earlier: list[msgspec.Raw] = []
    if kept is not None:
        earlier = read_items(kept.input_items) + _outputs(kept)
    known = {_id_of(item) for item in earlier} - {""}
    items = list(earlier)
    for place, item in enumerate(read_items(body.raw("input"))):
        whole = found.get(place, item)
        if place not in found or _id_of(whole) not in known:
            items.append(whole)
    changed = body.copy()
    changed.set("input", items)
    if kept is not None:
        changed.drop("previous_response_id")
    return changed


def _item_of(state: KeptHere, item_id: str, place: int) -> msgspec.Raw:
    for item in (*_outputs(state), *read_items(state.input_items)):
        if _id_of(item) == item_id:
            return item
    _refuse_item(place)


def _outputs(state: KeptHere) -> list[msgspec.Raw]:
    response = Fields.parse(state.response)
    return [] if response is None else read_items(response.raw("output"))


def _output_ids(answer: Fields) -> list[str]:
    return [item_id for item in answer.children("output") if (item_id := item.text("id"))]


def _id_of(item: msgspec.Raw) -> str:
    fields = Fields.parse(item)
    return "" if fields is None else fields.text("id")


def _refuse_item(place: int) -> NoReturn:
    at = f"input[{place}]"
    raise TollwayError(
        "response.previous_not_found", public=f"`{at}` names an item that is not kept for this token.", param=at
    )
