"""One's own second factors over HTTP. Secrets and recovery codes are in the answer that makes them and in no other."""

from typing import Annotated

from fastapi import APIRouter, Path

from tollway.control.factors.model import Held
from tollway.control.factors.qr import draw
from tollway.control.factors.service import Changed, Codes
from tollway.control.factors.shown import (
    Code,
    PasskeyName,
    PasskeyOptions,
    PasskeyOutput,
    RegistrationInput,
    read_registration,
    show_creation,
    show_passkey,
)
from tollway.control.sessions.model import User
from tollway.control.sessions.shown import SessionOutput, enter, origin_of
from tollway.web.asking import Asking, FreshAccount, UseAccount
from tollway.web.fields import Input, Instant, Output, format_instant

router = APIRouter(prefix="/account", tags=["account"])

PasskeyId = Annotated[str, Path(pattern=r"^pkey_[0-9A-Za-z]{1,32}$")]


class AppOutput(Output):
    """An authenticator app that was confirmed by a code."""

    confirmed_at: Instant


class PlaceOutput(Output):
    """Where passkeys work: on pages of this origin only."""

    rp_id: str
    origin: str


class FactorsOutput(Output):
    """One's second factors. `passkey_place` null: this console has no name that browsers keep passkeys for."""

    app: AppOutput | None
    passkeys: list[PasskeyOutput]
    recovery_codes: int
    passkey_place: PlaceOutput | None


class DrawingOutput(Output):
    """A QR code: an SVG path over a square of `size` by `size`."""

    size: int
    path: str


class AppSecretOutput(Output):
    """What an authenticator app is set up with. It is shown here and nowhere else, and counts once a code came back."""

    secret: str
    uri: str
    qr: DrawingOutput


class CodeInput(Input):
    """A code of the app."""

    code: Code


class PasskeyNameInput(Input):
    """What a passkey is called."""

    name: PasskeyName


class NewPasskeyInput(Input):
    """A passkey's registration, and what to call it."""

    name: PasskeyName
    passkey: RegistrationInput


class RecoveryCodesOutput(Output):
    """Recovery codes, each good once. They are shown here and nowhere else."""

    codes: list[str]


class FactorChangeOutput(Output):
    """What a change leaves: every other session ended, and this browser has a new one.

    `recovery_codes` came with the first factor and are shown here only.
    """

    session: SessionOutput
    factors: FactorsOutput
    recovery_codes: list[str] | None


@router.get("/factors")
def get_own_factors(ask: UseAccount) -> FactorsOutput:
    """Show one's second factors, without their secrets."""
    return _show(ask.services.factors.held(ask.caller.user_id), ask)


@router.post("/totp", status_code=201)
def begin_totp(ask: FreshAccount) -> AppSecretOutput:
    """Make the secret of an authenticator app. It counts once it is confirmed."""
    ask.show_once()
    begun = ask.services.factors.begin_app(_user(ask), origin_of(ask.request))
    drawing = draw(begun.uri.reveal())
    return AppSecretOutput(
        secret=begun.secret.reveal(), uri=begun.uri.reveal(), qr=DrawingOutput(size=drawing.size, path=drawing.path)
    )


@router.post("/totp/confirm")
def confirm_totp(body: CodeInput, ask: FreshAccount) -> FactorChangeOutput:
    """Count the authenticator app from now on, by a code of it."""
    return _answer(ask.services.factors.confirm_app(_user(ask), body.code, origin_of(ask.request)), ask)


@router.delete("/totp")
def remove_totp(ask: FreshAccount) -> FactorChangeOutput:
    """Forget the authenticator app."""
    return _answer(ask.services.factors.remove_app(_user(ask), origin_of(ask.request)), ask)


@router.post("/passkeys/options")
def ask_new_passkey(ask: FreshAccount) -> PasskeyOptions:
    """Begin to add a passkey: a challenge for the browser. Good once, for five minutes."""
    user = _user(ask)
    return show_creation(ask.services.factors.ask_registration(user), user_id=user.id, user_name=user.name)


@router.post("/passkeys", status_code=201)
def add_passkey(body: NewPasskeyInput, ask: FreshAccount) -> FactorChangeOutput:
    """Add a passkey."""
    presented = read_registration(body.passkey)
    return _answer(ask.services.factors.add_passkey(_user(ask), body.name, presented, origin_of(ask.request)), ask)


@router.patch("/passkeys/{passkey_id}")
def rename_passkey(passkey_id: PasskeyId, body: PasskeyNameInput, ask: UseAccount) -> PasskeyOutput:
    """Give a passkey another name."""
    return show_passkey(ask.services.factors.rename_passkey(_user(ask), passkey_id, body.name, origin_of(ask.request)))


@router.delete("/passkeys/{passkey_id}")
def remove_passkey(passkey_id: PasskeyId, ask: FreshAccount) -> FactorChangeOutput:
    """Forget a passkey."""
    return _answer(ask.services.factors.remove_passkey(_user(ask), passkey_id, origin_of(ask.request)), ask)


@router.post("/recovery-codes", status_code=201)
def renew_recovery_codes(ask: FreshAccount) -> RecoveryCodesOutput:
    """Make ten new recovery codes; those before stop working."""
    ask.show_once()
    return RecoveryCodesOutput(codes=_reveal(ask.services.factors.renew_codes(_user(ask), origin_of(ask.request))))


def _user(ask: Asking) -> User:
    return ask.services.accounts.get(ask.caller.user_id)


def _answer(changed: Changed, ask: Asking) -> FactorChangeOutput:
    ask.show_once()
    return FactorChangeOutput(
        session=enter(ask.request, ask.response, changed.entered, ask.services),
        factors=_show(ask.services.factors.held(ask.caller.user_id), ask),
        recovery_codes=None if changed.codes is None else _reveal(changed.codes),
    )


def _show(held: Held, ask: Asking) -> FactorsOutput:
    place = ask.services.factors.checks.place
    confirmed_ns = held.app.confirmed_ns if held.app is not None else None
    return FactorsOutput(
        app=None if confirmed_ns is None else AppOutput(confirmed_at=format_instant(confirmed_ns)),
        passkeys=[show_passkey(one) for one in held.passkeys],
        recovery_codes=held.recovery_codes,
        passkey_place=None if place is None else PlaceOutput(rp_id=place.rp_id, origin=place.origin),
    )


def _reveal(codes: Codes) -> list[str]:
    return [code.reveal() for code in codes]
