"""`tollway key`: the root key, changed while everything runs, and retired when nothing needs it."""

import time
from typing import Any

import typer

from tollway.cli.session import Session, command

TELL_SECONDS = 1.0
_STEPS = {
    "settled": "one root key, in use alone",
    "handing_over": "a new root key is being made known to every process",
    "sealing": "the new root key is in use; what older keys have sealed is sealed again",
    "in_use": "everything that can be is sealed with the new root key",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    key = typer.Typer(name="key", help="The root key.", no_args_is_help=True)
    app.add_typer(key)
    command(key, "show")(show)
    command(key, "rotate")(rotate)
    command(key, "retire")(retire)


def show(session: Session) -> None:
    """Show the root keys by generation and fingerprint, and what still hangs on each.

    Example: tollway key show
    """
    _print(session, session.call("GET", "/keys"))


def rotate(session: Session) -> None:
    """Make a new root key and seal everything again with it, while calls go on. Safe to repeat after a failure.

    Example: tollway key rotate
    """
    with session.output.working("changing the root key") as bar:
        session.call("POST", "/keys/rotate")
        told, most = time.monotonic(), 0
        while session.call("POST", "/keys/advance")["has_more"]:
            if time.monotonic() - told > TELL_SECONDS:
                told, state = time.monotonic(), session.call("GET", "/keys")
                left = sum(one["count"] for one in state["left"])
                # How much there is to seal is known only by what was left when it was most.
                most = max(most, left)
                bar.at(most - left, most)
                _tell(session, state)
    state = session.call("GET", "/keys")
    _print(session, state)
    path = session.settings.data / "root.key"
    session.output.note(f"copy {path} to its safe place now: the new key is in it")
    if len(state["keys"]) > 1:
        session.output.note("when nothing hangs on the older keys any more: tollway key retire")


def retire(session: Session) -> None:
    """Forget the older root keys. Refused while a sealed value, a token or a password needs one of them.

    Example: tollway key retire
    """
    _print(session, session.call("POST", "/keys/retire"))
    session.output.note("keep the copy of the old root key for as long as you keep backups that were made with it")


def _tell(session: Session, state: dict[str, Any]) -> None:
    if left := ", ".join(f"{one['count']} {one['place']}" for one in state["left"]):
        session.output.note(f"left: {left}")


def _print(session: Session, state: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(state)
        return
    rows = [
        {
            **key,
            "use": "in use" if key["is_current"] else "accepted",
            "tokens": key["tokens"]["count"],
            "passwords": key["passwords"]["count"],
        }
        for key in state["keys"]
    ]
    columns = {"generation": "generation", "fingerprint": "fingerprint", "use": "is", "tokens": "tokens"}
    session.output.rows(rows, {**columns, "passwords": "passwords"}, empty="no root key")
    session.output.note(_STEPS[state["step"]])
    _tell(session, state)
