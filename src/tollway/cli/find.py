"""Finds the object a person means by its id or its name."""

import re
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode, decoded
from tollway.cli.session import Session

_IDS = {
    "tokens": re.compile(r"[0-9A-Za-z]{12}"),
    "applications": re.compile(r"app_[0-9A-Za-z]{16}"),
    "plans": re.compile(r"plan_[0-9A-Za-z]{16}"),
    "teams": re.compile(r"team_[0-9A-Za-z]{16}"),
    "providers": re.compile(r"prov_[0-9A-Za-z]{16}"),
    "users": re.compile(r"user_[0-9A-Za-z]{16}"),
    "roles": re.compile(r"role_[0-9A-Za-z]{16}|[a-z]+(?:_[a-z]+)?"),
    "webhooks": re.compile(r"hook_[0-9A-Za-z]{16}"),
    "service-accounts": re.compile(r"sva_[0-9A-Za-z]{16}"),
    "services": re.compile(r"svc_[0-9A-Za-z]{16}"),
}
Search = Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Whose name begins with this.")]
_SEARCHED = frozenset(("tokens", "users", "service-accounts", "applications", "teams", "providers", "services"))
_TOKEN = re.compile(r"tws_([0-9A-Za-z]{12})[0-9A-Za-z…]*")


def find_one(session: Session, kind: str, reference: str) -> dict[str, Any]:
    """Return the object of `kind` (`tokens`, `providers`, …) with this id or exact name.

    A token may also be given masked or whole; only its id is sent on. Raises CommandError(REFUSED) when there is
    none, or when several have the name: then their ids are in the message. A name prefers tokens that still work.
    """
    shown = reference
    if kind == "tokens" and (match := _TOKEN.fullmatch(reference)):
        reference, shown = match[1], f"tws_{match[1]}…"
    if _IDS[kind].fullmatch(reference):
        answer = session.send("GET", f"/{kind}/{reference}")
        if answer.status != 404:
            found: dict[str, Any] = decoded(answer)
            return found
    query = {"search": reference} if kind in _SEARCHED else None
    named = [item for item in session.items(f"/{kind}", query) if item["name"] == reference]
    named = [item for item in named if item.get("state") not in ("revoked", "expired")] or named
    if len(named) == 1:
        return named[0]
    if not named:
        raise CommandError(ExitCode.REFUSED, f"there is no {kind[:-1]} with the name or id {shown!r}")
    ids = ", ".join(item["id"] for item in named)
    raise CommandError(ExitCode.REFUSED, f"several {kind} have the name {shown!r}; give an id: {ids}")


def find_id(session: Session, kind: str, reference: str | None) -> str | None:
    """Return the id of the object meant, or None when nothing was given."""
    if reference is None:
        return None
    return str(find_one(session, kind, reference)["id"])


def switch(session: Session, kind: str, reference: str, action: str, body: dict[str, Any] | None = None) -> None:
    """Change the state of the object meant (`enable`, `disable`, `revoke`) and print what it is now."""
    found = find_one(session, kind, reference)
    changed = session.call("POST", f"/{kind}/{found['id']}/{action}", body=body)
    if session.output.as_json:
        session.output.json(changed)
    else:
        session.output.line(f"{changed['name']} ({changed['id']}) is {changed['state']}")


def remove(session: Session, kind: str, reference: str) -> None:
    """Delete the object meant and say so."""
    found = find_one(session, kind, reference)
    session.call("DELETE", f"/{kind}/{found['id']}")
    if session.output.as_json:
        session.output.json({"id": found["id"], "name": found["name"], "removed": True})
    else:
        session.output.line(f"{found['name']} ({found['id']}) is removed")
