"""Answers about a response that is kept here: itself, its input items page by page, and that it is gone.

https://platform.openai.com/docs/api-reference/responses/get and …/input-items — queries are read as strictly as
bodies; what only changes how much is shown (`include`) is taken, since everything that is kept is shown.
"""

from typing import NoReturn
from urllib.parse import parse_qsl

import msgspec

from tollway.contract.response_states import KeptHere
from tollway.formats.asked import invalid
from tollway.formats.lenient import Fields
from tollway.formats.responses.kept_items import read_items
from tollway.kernel.errors import TollwayError

LIMIT_USUAL = 20
LIMIT_MAX = 100

_encode = msgspec.json.Encoder().encode
_RETRIEVAL = ("include", "include_obfuscation", "stream", "starting_after")
_LISTING = ("include", "after", "before", "limit", "order")


class Page(msgspec.Struct, frozen=True, gc=False):
    """Which part of a list is asked for."""

    after: str | None = None
    before: str | None = None
    limit: int = LIMIT_USUAL
    is_ascending: bool = False


def write_retrieved(state: KeptHere, query: str) -> bytes:
    """Return the response. Raises request.field_invalid, also for `stream`: what is kept here has ended."""
    asked = _read_query(query, _RETRIEVAL)
    if asked.get("stream", "false") not in ("false", "False", "0"):
        invalid("stream", "needs a response that was made with `background` and `stream`")
    return state.response


def read_page(query: str) -> Page:
    """Return the page a query asks for. Raises request.field_invalid."""
    asked = _read_query(query, _LISTING)
    limit = asked.get("limit", str(LIMIT_USUAL))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= LIMIT_MAX):
        invalid("limit", f"must be from 1 to {LIMIT_MAX}")
    order = asked.get("order", "desc")
    if order not in ("asc", "desc"):
        invalid("order", "must be `asc` or `desc`")
    return Page(after=asked.get("after"), before=asked.get("before"), limit=int(limit), is_ascending=order == "asc")


def write_input_items(state: KeptHere, page: Page) -> bytes:
    """Return one page of the items that the response answered, newest first unless asked otherwise.

    Raises request.field_invalid when `after` or `before` is none of them.
    """
    items = [(_id_of(item), item) for item in read_items(state.input_items)]
    if not page.is_ascending:
        items.reverse()
    ids = [item_id for item_id, _ in items]
    start = 0 if page.after is None else _place(ids, page.after, "after") + 1
    end = len(ids) if page.before is None else _place(ids, page.before, "before")
    # Asked for what is before, the part nearest to it is meant.
    if page.before is not None and page.after is None:
        start = max(0, end - page.limit)
        has_more = start > 0
    else:
        has_more = end - start > page.limit
        end = min(end, start + page.limit)
    shown = items[start:end]
    return _encode(
        {
            "object": "list",
            "data": [item for _, item in shown],
            "first_id": shown[0][0] if shown else "",
            "last_id": shown[-1][0] if shown else "",
            "has_more": has_more,
        }
    )


def write_deleted(response_id: str) -> bytes:
    """Return that a response is gone."""
    return _encode({"id": response_id, "object": "response", "deleted": True})


def refuse_cancel() -> NoReturn:
    """Refuse to cancel what is kept here. Raises response.not_cancellable."""
    raise TollwayError("response.not_cancellable")


def _read_query(query: str, known: tuple[str, ...]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
        bare = name.removesuffix("[]")
        if bare not in known:
            invalid(name[:100], "is not a parameter of this path")
        if bare in asked and bare != "include":
            invalid(bare, "is given twice")
        asked[bare] = value
    return asked


def _place(ids: list[str], item_id: str, name: str) -> int:
    if item_id not in ids:
        invalid(name, "is not the id of an item of this response")
    return ids.index(item_id)


def _id_of(item: msgspec.Raw) -> str:
    fields = Fields.parse(item)
    return "" if fields is None else fields.text("id")
