"""The pages an operator sees before the dashboard: set-up, sign-in, and the list of error codes.

They work without script. Sign-in has one, of our own origin, since browsers hand out passkeys to scripts only.
"""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tollway.control.factors.totp import is_code
from tollway.control.sessions.keeping import Entered, Halfway
from tollway.control.sessions.model import Proof
from tollway.control.sessions.shown import let_in, origin_of
from tollway.kernel.codes import TABLE, Retry
from tollway.kernel.errors import TollwayError
from tollway.web.asking import services_of
from tollway.web.cookies import find_half, find_session, set_half
from tollway.web.identity import find_caller
from tollway.web.templating import render, render_form, render_message

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_NEXT = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}", re.ASCII)
_RETRY = {
    Retry.NEVER: "Sending it again unchanged does not help.",
    Retry.SAFE: "It may be sent again at once.",
    Retry.LATER: "It may be sent again later.",
}
Field = Annotated[str, Form(max_length=2_000)]
WRONG_STEP = "management.second_factor"


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/") -> Response:
    """Show the sign-in form, or where to go instead."""
    target = safe_target(next)
    if find_caller(request.scope) is not None:
        return RedirectResponse(target, 303)
    if services_of(request).sessions.is_setup_needed():
        return RedirectResponse("/setup", 303)
    return _show_form(request, "sign_in.html", fault="", name="", next=target)


@router.post("/sign-in")
def submit_sign_in(request: Request, name: Field = "", password: Field = "", next: Field = "/") -> Response:
    """Sign in and go to the page that was asked for."""
    target = safe_target(next)
    try:
        found = services_of(request).sessions.sign_in(
            name=name, password=password, origin=origin_of(request), replaced=find_session(request)
        )
    except TollwayError as error:
        values = {"fault": _say(error), "name": name[:200], "next": target}
        return _with_retry(_show_form(request, "sign_in.html", status=error.status, **values), error)
    return _go_on(request, found, target)


@router.get("/sign-in/second-step")
def show_second_step(request: Request, next: str = "/") -> Response:
    """Show the form of the second step, or where to begin."""
    found = services_of(request).sessions.find_half(find_half(request) or "")
    if found is None:
        return RedirectResponse(_sign_in_path(safe_target(next)), 303)
    return _second_step(request, safe_target(next))


@router.post("/sign-in/second-step")
def submit_second_step(request: Request, code: Field = "", next: Field = "/") -> Response:
    """Finish the sign-in by a code, and go to the page that was asked for."""
    target, sessions = safe_target(next), services_of(request).sessions
    half_secret = find_half(request) or ""
    if sessions.find_half(half_secret) is None:
        return RedirectResponse(_sign_in_path(target), 303)
    try:
        entered = sessions.finish(
            half_secret, Proof(code=_typed(code)), origin=origin_of(request), replaced=find_session(request)
        )
    except TollwayError as error:
        fault = "This code is wrong or was used already." if error.code.name == WRONG_STEP else _say(error)
        return _with_retry(_second_step(request, target, status=error.status, fault=fault), error)
    return _go_on(request, entered, target)


@router.get("/setup")
def show_setup(request: Request, token: str = "") -> Response:
    """Show the set-up form while nobody can sign in."""
    sessions = services_of(request).sessions
    if not sessions.is_setup_needed():
        return RedirectResponse("/sign-in", 303)
    if token and not sessions.is_setup_link_good(token):
        return render_message(
            "This set-up link no longer works",
            "It was used, has expired or was replaced by a newer one. Restart the gateway, or print a new link:",
            status=403,
            command="tollway setup-link",
        )
    return render_form("setup.html", fault="", name="", link_token=token)


@router.post("/setup")
def submit_setup(request: Request, link_token: Field = "", name: Field = "", password: Field = "") -> Response:
    """Create the owner and open the dashboard."""
    try:
        entered = services_of(request).sessions.set_up(
            link_token=link_token, name=name, password=password, origin=origin_of(request)
        )
    except TollwayError as error:
        is_link_good = error.code.name != "management.setup_link"
        page = render_form(
            "setup.html",
            status=error.status,
            fault=_say(error),
            name=name[:200],
            link_token=link_token[:200] if is_link_good else "",
        )
        return _with_retry(page, error)
    return _go_on(request, entered, "/")


@router.get("/welcome")
def show_welcome(request: Request, token: str = "") -> Response:
    """Show the form in which a person chooses a password, while the link works."""
    found = services_of(request).sessions.find_invited(token)
    if found is None:
        return render_message(
            "This link no longer works",
            "It was used, has expired or was replaced by a newer one. Ask whoever sent it for a new one.",
            status=403,
            link="/sign-in",
            link_text="Sign in",
        )
    name, purpose = found
    return render_form("welcome.html", fault="", name=name, purpose=purpose, link_token=token)


@router.post("/welcome")
def submit_welcome(request: Request, link_token: Field = "", password: Field = "") -> Response:
    """Store the password and open the dashboard."""
    sessions = services_of(request).sessions
    found = sessions.find_invited(link_token)
    try:
        accepted = sessions.accept(
            link_token=link_token, password=password, origin=origin_of(request), replaced=find_session(request)
        )
    except TollwayError as error:
        if found is None or error.code.name == "management.user_link":
            return show_welcome(request)
        name, purpose = found
        values = {"fault": _say(error), "name": name, "purpose": purpose, "link_token": link_token}
        return _with_retry(render_form("welcome.html", status=error.status, **values), error)
    return _go_on(request, accepted, "/")


@router.get("/docs/errors")
def show_errors() -> Response:
    """Show what every code means and what to check."""
    return render("errors.html", codes=TABLE, retry=_RETRY)


def safe_target(path: str) -> str:
    """Return the path when it leads to this console, else `/`: an absolute path of printable ASCII, no second slash."""
    return path if _NEXT.fullmatch(path) else "/"


def _go_on(request: Request, found: Entered | Halfway, target: str) -> Response:
    """Lead to the page that was asked for, by way of the second step when there is one."""
    if isinstance(found, Halfway):
        response = RedirectResponse(f"/sign-in/second-step?next={quote(target, safe='')}", 303)
        set_half(request, response, found.secret.reveal())
        return response
    response = RedirectResponse(target, 303)
    let_in(request, response, found)
    return response


def _second_step(request: Request, target: str, *, status: int = 200, fault: str = "") -> HTMLResponse:
    sessions = services_of(request).sessions
    found = sessions.find_half(find_half(request) or "")
    methods = sessions.methods_to_finish(found[0]) if found else ()
    values = {"fault": fault, "next": target, "methods": methods}
    return _show_form(request, "second_step.html", status=status, **values)


def _show_form(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render a form that a passkey may stand in for, where this console has passkeys."""
    place = services_of(request).factors.checks.place
    return render_form(template, status=status, passkey_origin=place.origin if place else "", **values)


def _sign_in_path(target: str) -> str:
    return "/sign-in" + (f"?next={quote(target, safe='')}" if target != "/" else "")


def _typed(code: str) -> str:
    """Return a code as people type it: apps show `123 456`. What is compared is the six digits, exactly."""
    joined = code.replace(" ", "")
    return joined if is_code(joined) else code


def _say(error: TollwayError) -> str:
    """Write an error for people: what happened and, when waiting helps, how long."""
    faults = getattr(error, "faults", ())
    text = " ".join(fault.message for fault in faults) or error.public
    if error.retry_after_seconds is None:
        return text
    minutes = max(1, round(error.retry_after_seconds / 60))
    return f"{text} Try again in about {minutes} minute{'s' if minutes > 1 else ''}."


def _with_retry(page: HTMLResponse, error: TollwayError) -> HTMLResponse:
    if error.retry_after_seconds is not None:
        page.headers["retry-after"] = str(max(1, round(error.retry_after_seconds)))
    return page
