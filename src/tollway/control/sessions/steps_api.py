"""The further steps over HTTP: passkeys at sign-in, the second step, and confirming oneself before a sensitive act."""

from fastapi import APIRouter, Depends, Request, Response

from tollway.control.factors.shown import AssertionInput, PasskeyOptions, read_assertion, show_request
from tollway.control.sessions.shown import ProofInput, SessionOutput, enter, origin_of, read_proof
from tollway.web.access import Open
from tollway.web.asking import UseAccount, services_of
from tollway.web.cookies import find_half, find_session
from tollway.web.fields import Input

router = APIRouter(prefix="/session", tags=["session"])

_sign_in_is_open = Depends(Open("signing in is how a caller becomes known"))
_half_is_the_credential = Depends(Open("who is half signed in is not known yet; the half's cookie is the credential"))


class PasskeyInput(Input):
    """A passkey's answer."""

    passkey: AssertionInput


@router.post("/passkey/options", dependencies=[_sign_in_is_open])
def ask_passkey(request: Request) -> PasskeyOptions:
    """Begin a sign-in by passkey: a challenge for any that the browser has. Good once, for five minutes."""
    return show_request(services_of(request).sessions.ask_to_sign_in(origin_of(request)))


@router.post("/passkey", dependencies=[_sign_in_is_open])
def sign_in_with_passkey(body: PasskeyInput, request: Request, response: Response) -> SessionOutput:
    """Sign in by a passkey alone. Begins a new session and ends the one whose cookie came along."""
    entered = services_of(request).sessions.sign_in_with_passkey(
        read_assertion(body.passkey), origin=origin_of(request), replaced=find_session(request)
    )
    return enter(request, response, entered, services_of(request))


@router.post("/second-step/options", dependencies=[_half_is_the_credential])
def ask_second_step(request: Request) -> PasskeyOptions:
    """Begin a second step by passkey: a challenge for those of the person who is half signed in."""
    return show_request(services_of(request).sessions.ask_to_finish(find_half(request) or ""))


@router.post("/second-step", dependencies=[_half_is_the_credential])
def finish_sign_in(body: ProofInput, request: Request, response: Response) -> SessionOutput:
    """Finish a sign-in by a code, a recovery code or a passkey."""
    entered = services_of(request).sessions.finish(
        find_half(request) or "", read_proof(body), origin=origin_of(request), replaced=find_session(request)
    )
    return enter(request, response, entered, services_of(request))


@router.post("/step-up/options")
def ask_step_up(ask: UseAccount) -> PasskeyOptions:
    """Begin a confirmation by passkey: a challenge for one's own."""
    return show_request(ask.services.sessions.ask_to_confirm(ask.caller.user_id))


@router.post("/step-up")
def step_up(body: ProofInput, ask: UseAccount) -> SessionOutput:
    """Confirm who one is, by any of the session's `confirm_by`; sensitive acts are open for a while then.

    The session gets a new id and a new `csrf`; the old ones are worth nothing from that moment. Its end stays.
    """
    entered = ask.services.sessions.confirm(
        find_session(ask.request) or "", read_proof(body), origin=origin_of(ask.request)
    )
    ask.show_once()
    return enter(ask.request, ask.response, entered, ask.services)
