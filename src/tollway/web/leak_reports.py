"""Where anybody reports a token that was found: code hosts and package indexes by their wire format, people by a page.

Law: what is answered, and after what work, never depends on whether there is such a token. Nothing here looks one up:
reports are put aside and looked at afterwards. Wire format: GitHub's secret scanning partner programme, which package
indexes speak too, https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from tollway.control.security.model import LeakReport
from tollway.control.security.service import SecurityDesk
from tollway.kernel.errors import TollwayError
from tollway.web.asking import services_of
from tollway.web.identity import source_of
from tollway.web.templating import render_form, render_message

router = APIRouter(include_in_schema=False)

REPORTS_MAX = 20_000
KEY_HEADERS = ("github-public-key-identifier", "github-public-key-id", "x-public-key-identifier")
SIGNATURE_HEADERS = ("github-public-key-signature", "x-public-key-signature")
"""Of each the newest name first; older senders use the others."""
Field = Annotated[str, Form(max_length=10_000)]


class Match(msgspec.Struct):
    """One match, as it is sent; what else there is in it is passed over."""

    token: str = ""
    url: str | None = None
    source: str | None = None
    type: str | None = None


_read = msgspec.json.Decoder(list[Any]).decode


@router.post("/security/leaks", status_code=204)
async def take_reports(request: Request) -> Response:
    """Take an array of matches. 204 whatever is in it; a body that is no array of objects is 400.

    A signature that is there must be right, or nothing of the report is taken. Raises management.throttled.
    """
    body = await request.body()
    desk = services_of(request).security
    key_id, signature = (_header(request, names) for names in (KEY_HEADERS, SIGNATURE_HEADERS))
    reporter: str | None = ""
    if key_id or signature:
        # In a thread: a key that is not known may have to be fetched.
        reporter = await run_in_threadpool(desk.signatures.find_reporter, body, key_id, signature)
    matches = _matches(body)
    if not reporter:
        desk.throttle.check(source_of(request.scope))
    if reporter is not None:
        await run_in_threadpool(_receive, desk, matches, reporter)
    return Response(status_code=204)


@router.get("/report-token", response_class=HTMLResponse)
def show_report_form() -> Response:
    """Show where anybody can report a token."""
    return render_form("report_token.html", fault="")


@router.post("/report-token", response_class=HTMLResponse)
def take_report(request: Request, token: Field = "", url: Field = "") -> Response:
    """Take one report, and say the same whatever it is. Raises management.throttled."""
    desk = services_of(request).security
    desk.throttle.check(source_of(request.scope))
    found = [LeakReport(word, url, "report page") for word in token.split()][:100]
    desk.leaks.receive(found)
    return render_message(
        "Thank you",
        "If this is a token of this gateway, its owner is told now, and it is held back if the rules say so. "
        "You need to do nothing more.",
        link="/report-token",
        link_text="Report another one",
    )


def _header(request: Request, names: tuple[str, ...]) -> str:
    return next((request.headers[name] for name in names if name in request.headers), "")


def _matches(body: bytes) -> list[LeakReport]:
    try:
        raw = _read(body)
        found = [msgspec.convert(each, Match) for each in raw[:REPORTS_MAX]]
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise TollwayError("request.malformed", public="The body is not a JSON array of matches.") from error
    return [LeakReport(each.token, each.url or "", each.source or each.type or "") for each in found]


def _receive(desk: SecurityDesk, matches: list[LeakReport], reporter: str) -> None:
    desk.leaks.receive([LeakReport(each.token, each.url, each.source, reporter) for each in matches])
