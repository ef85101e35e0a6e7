"""What works once works once, however many use it at the same time, and only as the one it was made for.

Every one-time thing is used by fifty threads at once, each from an address of its own so that no throttle helps.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from kit.console import NAME, PASSWORD, Console, console_on
from kit.control import ACTOR
from kit.factors import add_app
from kit.matrix import add_person
from tollway.control.accounts.model import NewUser, UserChange
from tollway.control.factors.shown import write_bytes
from tollway.control.rotations.handing import COLLECT_SECONDS
from tollway.control.rotations.links import Wanted
from tollway.control.sessions.keeping import Entered, Halfway, Origin
from tollway.control.sessions.model import Proof
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

AT_ONCE = 50
NEW = "another quiet bicycle"
HERE = Origin("192.0.2.1")
Use = Callable[[Origin], object]


def prepare_setup(console: Console) -> Use:
    link = console.sessions.issue_setup_link().reveal()
    return lambda origin: console.sessions.set_up(link_token=link, name="bob", password=NEW, origin=origin)


def prepare_invitation(console: Console) -> Use:
    link = console.plane.accounts.invite(NewUser("eve", "viewer"), ACTOR).secret.reveal()
    return lambda origin: console.sessions.accept(link_token=link, password=NEW, origin=origin, replaced=None)


def prepare_reset(console: Console) -> Use:
    link = console.plane.accounts.issue_link(add_person(console, "eve", "viewer"), ACTOR).secret.reveal()
    return lambda origin: console.sessions.accept(link_token=link, password=NEW, origin=origin, replaced=None)


def prepare_collecting(console: Console) -> Use:
    token = console.plane.tokens.issue(NewToken("ci"), ACTOR).token
    link = console.plane.rotations.links.make(Wanted(token.id, 60), ACTOR).url.reveal().partition("#")[2]
    return lambda origin: console.plane.rotations.handovers.collect(link, address=origin.address)


def prepare_recovery_code(console: Console) -> Use:
    _, codes = add_app(console, console.signed_in())
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    return lambda origin: console.checks.take_recovery(user.id, codes[0])


def prepare_code(console: Console) -> Use:
    app, _ = add_app(console, console.signed_in())
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    code = app.next_code()
    return lambda origin: console.checks.take_code(user.id, code)


def prepare_second_step(console: Console) -> Use:
    """The half of a sign-in is finished once, also by codes that are each good."""
    _, codes = add_app(console, console.signed_in())
    half = console.sessions.sign_in(name=NAME, password=PASSWORD, origin=HERE, replaced=None)
    assert isinstance(half, Halfway)
    left = iter(codes * 10)
    return lambda origin: console.sessions.finish(
        half.secret.reveal(), Proof(code=next(left)), origin=origin, replaced=None
    )


def prepare_challenge(console: Console) -> Use:
    asked = console.checks.ask_passkey("sign_in", None)
    said = json.dumps({"challenge": write_bytes(asked.challenge)}).encode()
    return lambda origin: console.checks.take_challenge(said, "sign_in", None)


ONCE: dict[str, Callable[[Console], Use]] = {
    "set-up link": prepare_setup,
    "invitation": prepare_invitation,
    "reset link": prepare_reset,
    "collecting link": prepare_collecting,
    "recovery code": prepare_recovery_code,
    "code of an app": prepare_code,
    "second step": prepare_second_step,
    "challenge of a passkey": prepare_challenge,
}


@pytest.mark.parametrize("kind", ONCE)
def test_r24_of_fifty_who_redeem_the_same_at_once_one_succeeds(tmp_path: Path, kind: str) -> None:
    with console_on(tmp_path, is_set_up=kind != "set-up link") as console:
        use = ONCE[kind](console)

        def attempt(number: int) -> bool:
            try:
                return bool(use(Origin(f"10.{number}.0.1")))
            except TollwayError as error:
                assert error.status in (401, 403, 404, 409, 422), error
                return False

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(AT_ONCE))) == 1


KINDS = ("invitation", "reset", "collecting")
PRESENTED = ("right", "other kind's", "wrong", "empty")
TIMES = ("in time", "expired")
STATES = ("fresh", "used", "replaced", "person gone")


@pytest.mark.parametrize("faults", [1, pytest.param(3, marks=[pytest.mark.slow, pytest.mark.timeout(60)])])
def test_r27_of_all_that_can_be_presented_one_cell_of_each_kind_is_accepted(console: Console, faults: int) -> None:
    """The truth table of {kind} x {what is presented} x {in time or not} x {what became of it}.

    The usual run has the cells with one fault at most, the slow one all of them; each time three are accepted.
    """
    good = ("right", "in time", "fresh")
    cells = [
        (kind, *cell)
        for kind in KINDS
        for cell in product(PRESENTED, TIMES, STATES)
        if sum(one != other for one, other in zip(cell, good, strict=True)) <= faults
    ]
    accepted = [cell for cell in cells if _is_accepted(console, *cell)]
    assert accepted == [(kind, *good) for kind in KINDS]


def _is_accepted(console: Console, kind: str, presented: str, time: str, state: str) -> bool:
    secret, replace, end = _link(console, kind)
    match presented:
        case "right":
            shown = secret
        case "wrong":
            shown = secret[:-1] + ("A" if secret[-1] != "A" else "B")
        case "empty":
            shown = ""
        case _:
            shown = _link(console, "collecting" if kind != "collecting" else "invitation")[0]
    if state == "used":
        assert _use(console, kind, secret), "it worked once"
    elif state == "replaced":
        replace()
    elif state == "person gone":
        end()
    if time == "expired":
        console.clock.advance(8 * COLLECT_SECONDS)
    return _use(console, kind, shown)


_numbers = iter(range(10_000))


def _link(console: Console, kind: str) -> tuple[str, Callable[[], object], Callable[[], object]]:
    """Return a link, what makes another in its place, and what ends whom it is for."""
    plane, name = console.plane, f"somebody {next(_numbers)}"
    if kind == "collecting":
        token_id = plane.tokens.issue(NewToken(name), ACTOR).token.id

        def another() -> str:
            return plane.rotations.links.make(Wanted(token_id, 60), ACTOR).url.reveal().partition("#")[2]

        return another(), another, lambda: plane.tokens.revoke(token_id, ACTOR)
    if kind == "reset":
        user_id = add_person(console, name, "viewer")
        link = plane.accounts.issue_link(user_id, ACTOR).secret.reveal()
    else:
        invited = plane.accounts.invite(NewUser(name, "viewer"), ACTOR)
        user_id, link = invited.user.id, invited.secret.reveal()
    return link, lambda: plane.accounts.issue_link(user_id, ACTOR), lambda: plane.accounts.deactivate(user_id, ACTOR)


def _use(console: Console, kind: str, presented: str) -> bool:
    origin = Origin(f"10.{next(_numbers) % 250}.{next(_numbers) % 250}.1")
    console.clock.advance(1)
    try:
        if kind == "collecting":
            console.plane.rotations.handovers.collect(presented, address=origin.address)
        else:
            console.sessions.accept(link_token=presented, password=NEW, origin=origin, replaced=None)
    except TollwayError as error:
        assert error.code.name in ("management.user_link", "management.not_found"), error
        return False
    return True


def test_r31_what_a_person_may_do_is_read_when_the_link_is_used_not_when_it_was_looked_at(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the password is hashed, which takes long, an administrator takes a role away: it stays away."""
    user_id = add_person(console, "eve", "admin")
    link = console.plane.accounts.issue_link(user_id, ACTOR).secret.reveal()
    hash_it = console.hasher.hash

    def hash_meanwhile(password: str) -> str:
        console.plane.accounts.change(user_id, UserChange(role="viewer"), ACTOR)
        return hash_it(password)

    monkeypatch.setattr(console.hasher, "hash", hash_meanwhile)
    entered = console.sessions.accept(link_token=link, password=NEW, origin=HERE, replaced=None)
    assert isinstance(entered, Entered)
    now = console.session_store.find_user(user_id)
    assert now is not None and now.role == entered.session.role == "viewer"


@pytest.mark.parametrize("step", ["password", "link"])
def test_r31_who_was_deactivated_between_the_steps_of_a_sign_in_does_not_finish_it(console: Console, step: str) -> None:
    user_id = add_person(console, "eve", "viewer")
    client = console.client()
    csrf = client.post("/api/v1/session", json={"name": "eve", "password": PASSWORD}).json()["csrf"]
    client.headers["x-tollway-csrf"] = csrf
    app, _ = add_app(console, client)
    if step == "password":
        found = console.sessions.sign_in(name="eve", password=PASSWORD, origin=HERE, replaced=None)
    else:
        link = console.plane.accounts.issue_link(user_id, ACTOR).secret.reveal()
        found = console.sessions.accept(link_token=link, password=NEW, origin=HERE, replaced=None)
    assert isinstance(found, Halfway)
    console.plane.accounts.deactivate(user_id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.second_factor"):
        console.sessions.finish(found.secret.reveal(), Proof(code=app.next_code()), origin=HERE, replaced=None)
    assert console.session_store.list_sessions(user_id) == []


def test_r31_an_old_password_does_not_come_back_with_a_hash_of_newer_parameters(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password changes while a sign-in by the old one is being hashed anew."""
    monkeypatch.setattr(console.hasher, "needs_rehash", lambda _: True)
    owner = console.session_store.find_user_by_name(NAME)
    assert owner is not None
    changed, hash_it = console.hasher.hash(NEW), console.hasher.hash

    def hash_meanwhile(password: str) -> str:
        console.session_store.set_password_hash(owner.id, changed)
        return hash_it(password)

    monkeypatch.setattr(console.hasher, "hash", hash_meanwhile)
    console.sessions.sign_in(name=NAME, password=PASSWORD, origin=HERE, replaced=None)
    now = console.session_store.find_user_by_name(NAME)
    assert now is not None and now.password_hash == changed
