"""What a route needs, as one parameter: the console's services, who is asking, and the answer under way.

A route takes `Read`, `Write`, `Own` or `Operate`; by that it declares its policy (see access.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from tollway.control.actor import Actor
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.web.access import Operator, Person, Reader, Writer
from tollway.web.etags import etag_of
from tollway.web.identity import SHOWN_ONCE, Caller
from tollway.web.paging import Page, PageQuery, place_of
from tollway.web.services import ConsoleServices

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a caller who may make it."""

    services: ConsoleServices
    caller: Caller
    request: Request
    response: Response

    @property
    def actor(self) -> Actor:
        """Who is named as the author of a change."""
        return self.caller.actor

    def tag(self, version: int) -> None:
        """Put the object's ETag on the answer."""
        self.response.headers["etag"] = etag_of(version)

    def show_once(self) -> None:
        """Mark the answer as one whose content must never be kept or repeated."""
        self.request.scope[SHOWN_ONCE] = True

    def page(
        self, query: PageQuery, fetch: Callable[[Position | None, int], Found[T]], show: Callable[[T], S]
    ) -> Page[S]:
        """Read the query's cursor, fetch the page after it, and write the cursor of the next."""
        place = place_of(self.request.url.path, query)
        cursors = self.services.cursors
        after = Position(*cursors.read(query.cursor, place, tuple[int, str])) if query.cursor else None
        found = fetch(after, query.limit)
        following = (found.next.created_ns, found.next.id) if found.next else None
        return Page(
            items=[show(item) for item in found.items],
            next_cursor=cursors.write(place, following) if following else None,
        )


def services_of(request: Request) -> ConsoleServices:
    """Return what the app was built from."""
    services = request.app.state.services
    assert isinstance(services, ConsoleServices)
    return services


async def _read(request: Request, response: Response, caller: Reader) -> Asking:
    return Asking(services_of(request), caller, request, response)


async def _write(request: Request, response: Response, caller: Writer) -> Asking:
    return Asking(services_of(request), caller, request, response)


async def _own(request: Request, response: Response, caller: Person) -> Asking:
    return Asking(services_of(request), caller, request, response)


async def _operate(request: Request, response: Response, caller: Operator) -> Asking:
    return Asking(services_of(request), caller, request, response)


Read = Annotated[Asking, Depends(_read)]
Write = Annotated[Asking, Depends(_write)]
Own = Annotated[Asking, Depends(_own)]
Operate = Annotated[Asking, Depends(_operate)]
