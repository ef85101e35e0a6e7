"""`tollway token`, what becomes of one: new secrets, quarantine, revocation of one or of many, and how it is used."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_id, find_one, switch
from tollway.cli.instants import parse_since
from tollway.cli.session import Session, command
from tollway.control.limits.parse import parse_duration_seconds

TokenArgument = Annotated[str, typer.Argument(metavar="TOKEN", help="Name, id or masked form of the token.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the token.")]
_SECRETS = {"generation": "secret", "works": "works", "calls": "calls since", "last_used_at": "last used",
            "last_address": "from", "last_agent": "client", "safe": "safe to end"}  # fmt: skip
_ADDRESSES = {"address": "address", "agent": "client", "calls": "calls", "last_used_at": "last used"}


def register_life(group: typer.Typer) -> None:
    """Add the commands to `tollway token`."""
    command(group, "rotate")(rotate)
    command(group, "replace")(replace)
    command(group, "end-overlap")(end_overlap)
    command(group, "cancel-rotation")(cancel_rotation)
    command(group, "collect")(collect)
    command(group, "link")(link)
    command(group, "life")(life)
    command(group, "unused")(unused)
    command(group, "quarantine")(quarantine)
    command(group, "release")(release)
    command(group, "wake")(wake)
    command(group, "revoke")(revoke)


def rotate(
    session: Session,
    token: TokenArgument,
    *,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="TIME", help="How long the old secret works: 0, 1h, 7d; default 1d.")
    ] = "1d",
) -> None:
    """Give a token a new secret, printed once. Id, limits, budgets and use stay; the old secret works for the overlap.

    Example: tollway token rotate ci --overlap 7d
    """
    found = find_one(session, "tokens", token)
    body = {"overlap_seconds": _seconds(overlap, "--overlap")}
    _print_secret(session, session.call("POST", f"/tokens/{found['id']}/rotate", body=body))


def replace(
    session: Session,
    token: TokenArgument,
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="End the old one in the same act; without it, it stays held back.")
    ] = False,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else has the old one: end its calls in flight, too.")
    ] = False,
    reason: Reason = "",
) -> None:
    """Issue another token in the place of one that leaked or was revoked: same rights, limits, owner and end.

    Its secret is printed once. It counts anew; `tollway token rotate` keeps id, limits and what was counted.

    Example: tollway token replace ci --revoke --compromised --reason "in a public repository"
    """
    if compromised and not revoke:
        raise CommandError(ExitCode.USAGE, "--compromised is for what --revoke ends")
    found = find_one(session, "tokens", token)
    body = {"revoke": revoke, "is_compromised": compromised, "reason": reason}
    made = session.call("POST", f"/tokens/{found['id']}/replace", body=body)
    if session.output.as_json:
        session.output.json(made)
        return
    session.output.line(made["token"])
    taken = f"{made['name']} ({made['id']}) takes the place of {found['id']}"
    session.output.note(f"{taken}. This is the only time it is shown.")


def end_overlap(session: Session, token: TokenArgument) -> None:
    """Refuse the old secrets of a token from the next call on; `tollway token life` says whether that is safe.

    Example: tollway token end-overlap ci
    """
    _act(session, token, "end-overlap", "has one secret now")


def cancel_rotation(session: Session, token: TokenArgument) -> None:
    """Go back to the secret before the last rotation, while it still works; the new one is refused.

    Example: tollway token cancel-rotation ci
    """
    _act(session, token, "cancel-rotation", "has its old secret again")


def collect(
    session: Session,
    token: Annotated[
        str | None, typer.Argument(metavar="[TOKEN]", help="Name, id or masked form; left out with --link.")
    ] = None,
    *,
    one_time_link: Annotated[
        str | None, typer.Option("--link", metavar="LINK", help="The secret that this one-time link is for.")
    ] = None,
) -> None:
    """Take over a new secret that waits, printed once; the old one's overlap begins.

    Example: tollway token collect ci
    """
    if (token is None) == (one_time_link is None):
        raise CommandError(ExitCode.USAGE, "give a token or --link")
    if one_time_link is not None:
        body = {"collect_token": one_time_link.strip().rpartition("#")[2]}
        _print_secret(session, session.call("POST", "/rotations/collect", body=body))
        return
    found = find_one(session, "tokens", str(token))
    _print_secret(session, session.call("POST", f"/tokens/{found['id']}/collect"))


def link(
    session: Session,
    token: TokenArgument,
    *,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="TIME", help="How long the old secret works once it was used.")
    ] = "1d",
    mail_to: Annotated[
        str | None, typer.Option("--mail-to", metavar="ADDRESS", help="Send it by mail instead of printing it.")
    ] = None,
) -> None:
    """Hand a token's new secret to somebody by a link that works once: of the secret that waits, or of a new one.

    Example: tollway token link ci --mail-to ada@example.org
    """
    found = find_one(session, "tokens", token)
    body = {"overlap_seconds": _seconds(overlap, "--overlap"), "mail_to": mail_to}
    made = session.call("POST", f"/tokens/{found['id']}/link", body=body)
    mailed = made["mail"]
    if mailed is not None and not mailed["is_ok"]:
        raise CommandError(ExitCode.REFUSED, f"the letter to {mailed['to']} was not taken: {mailed['detail']}")
    if session.output.as_json:
        session.output.json(made)
    elif mailed is not None:
        session.output.line(f"a link was sent to {mailed['to']}")
    else:
        session.output.line(made["url"])
        session.output.note(f"works once, until {made['until']}; the old secret works until it was used")


def life(session: Session, token: TokenArgument) -> None:
    """Show a token's secrets with the evidence of their use, the last addresses it was used from, and its quarantine.

    Example: tollway token life ci
    """
    found = find_one(session, "tokens", token)
    shown = session.call("GET", f"/tokens/{found['id']}/life")
    if session.output.as_json:
        session.output.json(shown)
        return
    session.output.fields({name: value for name, value in shown.items() if not isinstance(value, list | dict)})
    for held in (shown["quarantine"],) if shown["quarantine"] else ():
        session.output.line(f"quarantined by {held['by']}: refused {', '.join(held['denied'])}; "
                            f"{held['requests_per_minute']} calls a minute")  # fmt: skip
    for waiting in (shown["waiting"],) if shown["waiting"] else ():
        mailed = f"; its link goes to {waiting['mail_to']}" if waiting["mail_to"] else ""
        session.output.line(f"secret {waiting['generation']} waits to be collected until {waiting['until']}{mailed}")
    if shown["secrets"] is None:
        session.output.note("how it is used is not known while the ledger does not answer")
        return
    session.output.rows([_secret_row(each) for each in shown["secrets"]], _SECRETS, empty="no secret was replaced")
    session.output.rows(shown["addresses"], _ADDRESSES, empty="never used")


def unused(
    session: Session,
    token: TokenArgument,
    *,
    narrow: Annotated[bool, typer.Option("--narrow", help="Allow from now on only what was used.")] = False,
) -> None:
    """Show which models and services a token may use and did not for 90 days; or take them away.

    Example: tollway token unused ci --narrow
    """
    found = find_one(session, "tokens", token)
    shown = session.call("GET", f"/tokens/{found['id']}/unused")
    wide = [kind for kind in ("models", "services") if shown[kind]["is_too_wide"]]
    if narrow and wide:
        body = {kind: shown[kind]["used"] for kind in wide}
        session.output.fields(session.call("PATCH", f"/tokens/{found['id']}", body=body))
        return
    if session.output.as_json:
        session.output.json(shown)
        return
    for kind in ("models", "services"):
        use = shown[kind]
        granted = "all" if use["granted"] is None else ", ".join(use["granted"]) or "none"
        session.output.line(f"{kind}: may {granted}; used {', '.join(use['used']) or 'none'} since {shown['since']}")
    if not wide:
        session.output.note("nothing to narrow")


def quarantine(
    session: Session,
    token: TokenArgument,
    *,
    deny: Annotated[
        list[str] | None,
        typer.Option("--deny", metavar="ACT", help="Refuse this instead of what is refused by default. Repeatable."),
    ] = None,
    rpm: Annotated[int | None, typer.Option("--rpm", metavar="N", min=1, help="At most N calls a minute.")] = None,
    reason: Reason = "",
) -> None:
    """Refuse a token some acts and slow the others, until it is released.

    Acts: generate, embed, count, stored, models, service_read, service_write, websocket.

    Example: tollway token quarantine ci --reason "seen in a public repository"
    """
    body: dict[str, Any] = {"reason": reason}
    if deny:
        body["denied"] = deny
    if rpm is not None:
        body["requests_per_minute"] = rpm
    switch(session, "tokens", token, "quarantine", body)


def release(session: Session, token: TokenArgument) -> None:
    """Let a quarantined token do again what it may.

    Example: tollway token release ci
    """
    switch(session, "tokens", token, "release")


def wake(session: Session, token: TokenArgument) -> None:
    """Bring back a token that ended for not being used.

    Example: tollway token wake ci
    """
    switch(session, "tokens", token, "wake")


def revoke(
    session: Session,
    token: Annotated[
        str | None, typer.Argument(metavar="[TOKEN]", help="Name, id or masked form; left out with the options below.")
    ] = None,
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="All of this person.")] = None,
    team: Annotated[str | None, typer.Option("--team", metavar="TEAM", help="All of this team.")] = None,
    application: Annotated[
        str | None, typer.Option("--application", metavar="APP", help="All of this application.")
    ] = None,
    issued_before: Annotated[
        str | None,
        typer.Option(
            "--issued-before", metavar="WHEN", help="Only those issued before; alone: of the whole installation."
        ),
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else has it: end its calls in flight too.")
    ] = False,
    reason: Reason = "",
) -> None:
    """End a token for good, or all of somebody's at once; calls are refused from the next one on.

    Example: tollway token revoke --application shop --issued-before 2026-11-20 --reason "breach"
    """
    subjects = {"user": user, "team": team, "application": application}
    given = {kind: name for kind, name in subjects.items() if name is not None}
    if token is not None:
        if given or issued_before:
            raise CommandError(ExitCode.USAGE, "give a token, or options that say whose, not both")
        switch(session, "tokens", token, "revoke", {"reason": reason, "is_compromised": compromised})
        return
    if len(given) > 1 or not (given or issued_before):
        raise CommandError(ExitCode.USAGE, "give a token, or one of --user, --team, --application, --issued-before")
    kind, name = next(iter(given.items()), ("installation", None))
    body: dict[str, Any] = {"kind": kind, "reason": reason, "is_compromised": compromised}
    if name is not None:
        body["id"] = find_id(session, f"{kind}s", name)
    if issued_before is not None:
        body["issued_before"] = _since(issued_before)
    done = session.call("POST", "/tokens/revoke-all", body=body)
    if session.output.as_json:
        session.output.json(done)
    else:
        session.output.line(f"{done['revoked']} tokens are revoked")


def _act(session: Session, token: str, act: str, said: str) -> None:
    found = find_one(session, "tokens", token)
    changed = session.call("POST", f"/tokens/{found['id']}/{act}")
    if session.output.as_json:
        session.output.json(changed)
    else:
        session.output.line(f"{changed['name']} ({changed['id']}) {said}")


def _print_secret(session: Session, token: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(token)
        return
    session.output.line(token["token"])
    session.output.note(f"{token['name']} ({token['id']}) has a new secret. This is the only time it is shown.")


def _secret_row(secret: dict[str, Any]) -> dict[str, Any]:
    works = "no"
    if secret["is_working"]:
        works = f"until {secret['works_until'] or 'the new one is collected'}"
    return {**secret, "works": works, "safe": "yes" if secret["is_safe_to_end"] else "no"}


def _seconds(text: str, hint: str) -> int:
    try:
        return parse_duration_seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def _since(text: str) -> str:
    try:
        return parse_since(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--issued-before") from error
