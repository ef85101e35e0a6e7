"""Where a one-time link to a new secret leads: a page that shows it once, to whoever holds the link.

Law: reading the page changes nothing and looks nothing up, so that what follows links in letters uses none; only the
button does. The secret of the link stands after the `#` of the address, which no browser sends: a script of our own
puts it into the form, and without one it is pasted. Whatever is wrong with a link, the answer is the same.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response

from tollway.kernel.errors import TollwayError
from tollway.web.asking import services_of
from tollway.web.identity import request_id_of, source_of
from tollway.web.templating import render, render_form, render_message

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Field = Annotated[str, Form(max_length=2_000)]


@router.get("/collect")
def show_collecting() -> Response:
    """Show the page on which a link is used: the same for every link, and for none."""
    return render_form("collect.html")


@router.post("/collect")
def collect_by_link(request: Request, link: Field = "") -> Response:
    """Show the new secret that the link is for, once. Raises management.throttled."""
    services = services_of(request)
    services.security.throttle.check(source_of(request.scope))
    presented = link.strip().rpartition("#")[2]
    try:
        collected = services.rotations.handovers.collect(
            presented, address=source_of(request.scope), request_id=request_id_of(request.scope)
        )
    except TollwayError as error:
        if error.code.name != "management.not_found":
            raise
        return render_message("There is nothing to show", error.public, status=404)
    return render("collected.html", name=collected.token.name, secret=collected.secret.reveal())
