"""`tollway user`: who may sign in."""

from typing import Annotated, Any

import typer

from tollway.cli.find import Search, find_id, find_one
from tollway.cli.session import Session, command

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Name or id of the person.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
RoleArgument = Annotated[str, typer.Argument(metavar="ROLE", help="Name or id of the role.")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="A role's name or id.")]
Teams = Annotated[list[str] | None, typer.Option("--team", metavar="TEAM", help="A team's name or id; repeatable.")]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Where their letters go.")]
State = Annotated[
    str | None, typer.Option("--state", metavar="STATE", help="One of active, invited, deactivated, deleted.")
]
OnlySession = Annotated[
    str | None, typer.Option("--session", metavar="SESSION", help="Only this one; see `tollway user sessions`.")
]
To = Annotated[str, typer.Option("--to", metavar="PERSON", help="Who gets it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    users = typer.Typer(name="user", help="People who may sign in to the console.", no_args_is_help=True)
    app.add_typer(users)
    command(users, "list")(list_users)
    command(users, "invite")(invite_user)
    command(users, "show")(show_user)
    command(users, "rename")(rename)
    command(users, "role")(give_role)
    command(users, "email")(set_email)
    command(users, "link")(create_link)
    command(users, "hand-over")(hand_over)
    command(users, "reset-factors")(reset_factors)
    command(users, "sessions")(list_sessions)
    command(users, "sign-out")(sign_out)
    command(users, "deactivate")(deactivate_user)
    command(users, "reactivate")(reactivate_user)
    command(users, "remove")(remove_user)


def list_users(session: Session, *, state: State = None, search: Search = None) -> None:
    """List people, newest first; deleted ones with --state deleted.

    Example: tollway user list
    """
    items = [_flat(item) for item in session.items("/users", {"state": state, "search": search})]
    columns = {"id": "id", "name": "name", "role_name": "role", "state": "state", "teams": "teams"}
    session.output.rows(items, {**columns, "signed_in_at": "signed in"}, empty="nobody may sign in yet")


def invite_user(
    session: Session, name: NameArgument, *, role: Role = "viewer", team: Teams = None, email: Email = None
) -> None:
    """Invite a person, and print the one-time link to hand to them. It works for seven days.

    With an address, and mail set up, the link is sent there instead.

    Example: tollway user invite ada --role developer --team payments
    """
    body = {
        "name": name,
        "role": find_id(session, "roles", role),
        "team_ids": [find_id(session, "teams", one) for one in team or ()],
        "email": email,
    }
    _print_link(session, session.call("POST", "/users", body=body))


def show_user(session: Session, person: PersonArgument) -> None:
    """Show one person.

    Example: tollway user show ada
    """
    session.output.fields(_flat(find_one(session, "users", person)))


def rename(session: Session, person: PersonArgument, name: NameArgument) -> None:
    """Give a person another name, by which they sign in from now on.

    Example: tollway user rename ada ada.lovelace
    """
    found = find_one(session, "users", person)
    changed = session.call("PATCH", f"/users/{found['id']}", body={"name": name})
    session.output.fields(_flat(changed))


def give_role(session: Session, person: PersonArgument, role: RoleArgument) -> None:
    """Give a person another role; it counts from their next request.

    Example: tollway user role ada admin
    """
    found = find_one(session, "users", person)
    changed = session.call("PATCH", f"/users/{found['id']}", body={"role": find_id(session, "roles", role)})
    if session.output.as_json:
        session.output.json(changed)
    else:
        session.output.line(f"{changed['name']} ({changed['id']}) is {changed['role_name']}")


def set_email(
    session: Session,
    person: PersonArgument,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address, or `none`.")],
) -> None:
    """Say where a person's letters go: invitations and links for a new password.

    Example: tollway user email ada ada@example.com
    """
    found = find_one(session, "users", person)
    body = {"email": None if address == "none" else address}
    changed = session.call("PATCH", f"/users/{found['id']}", body=body)
    if session.output.as_json:
        session.output.json(changed)
    else:
        session.output.line(f"{changed['name']} ({changed['id']}): {changed['email'] or 'no address'}")


def create_link(session: Session, person: PersonArgument) -> None:
    """Print a new one-time link with which a person chooses a password; earlier links stop working.

    Example: tollway user link ada
    """
    found = find_one(session, "users", person)
    _print_link(session, {"user": found, "link": session.call("POST", f"/users/{found['id']}/link")})


def hand_over(session: Session, person: PersonArgument, *, to: To) -> None:
    """Give the tokens that a person owns to another, before the person is deactivated.

    Example: tollway user hand-over ada --to eve
    """
    found, receiver = find_one(session, "users", person), find_one(session, "users", to)
    answer = session.call("POST", f"/users/{found['id']}/hand-over", body={"to_user_id": receiver["id"]})
    if session.output.as_json:
        session.output.json(answer)
    else:
        session.output.line(f"{answer['tokens']} tokens of {found['name']} belong to {receiver['name']} now")


def reset_factors(session: Session, person: PersonArgument) -> None:
    """Take a person's second factors away, for one who has lost them. Their sessions end; the password stays.

    Example: tollway user reset-factors ada
    """
    found = find_one(session, "users", person)
    done = session.call("POST", f"/users/{found['id']}/reset-factors")
    if session.output.as_json:
        session.output.json(done)
        return
    session.output.line(f"{done['user']['name']} ({done['user']['id']}) has no second factor")
    session.output.note(f"taken away: {done['factors']} factors; ended: {done['sessions']} sessions")


def list_sessions(session: Session, person: PersonArgument) -> None:
    """List where a person is signed in.

    Example: tollway user sessions ada
    """
    found = find_one(session, "users", person)
    columns = {"id": "id", "address": "address", "agent": "with", "created_at": "since", "last_seen_at": "last used"}
    items = session.call("GET", f"/users/{found['id']}/sessions")["items"]
    session.output.rows(items, columns, empty=f"{found['name']} is signed in nowhere")


def sign_out(session: Session, person: PersonArgument, *, only: OnlySession = None) -> None:
    """Sign a person out everywhere, or of one session, at once.

    Example: tollway user sign-out ada
    """
    found = find_one(session, "users", person)
    place = f"/users/{found['id']}/sessions"
    if only is not None:
        session.call("DELETE", f"{place}/{only}")
        ended = {"sessions": 1}
    else:
        ended = session.call("POST", f"{place}/end")
    if session.output.as_json:
        session.output.json(ended)
    else:
        session.output.line(f"{found['name']}: {ended['sessions']} sessions ended")


def deactivate_user(session: Session, person: PersonArgument) -> None:
    """End a person's sessions and own tokens at once, and let them sign in no more.

    Example: tollway user deactivate ada
    """
    _end(session, person, "POST", "/deactivate")


def reactivate_user(session: Session, person: PersonArgument) -> None:
    """Let a deactivated person sign in again; tokens that ended stay revoked.

    Example: tollway user reactivate ada
    """
    found = find_one(session, "users", person)
    changed = session.call("POST", f"/users/{found['id']}/reactivate")
    if session.output.as_json:
        session.output.json(changed)
    else:
        session.output.line(f"{changed['name']} ({changed['id']}) is {changed['state']}")


def remove_user(session: Session, person: PersonArgument) -> None:
    """Delete a person. Sessions and own tokens end at once; what they did stays known.

    Example: tollway user remove ada
    """
    _end(session, person, "DELETE", "")


def _end(session: Session, person: str, method: str, act: str) -> None:
    found = find_one(session, "users", person)
    ended = session.call(method, f"/users/{found['id']}{act}")
    if session.output.as_json:
        session.output.json(ended)
        return
    user = ended["user"]
    session.output.line(f"{user['name']} ({user['id']}) is {user['state']}")
    session.output.note(f"ended: {ended['sessions']} sessions, {ended['tokens']} tokens of their own")


def _print_link(session: Session, issued: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(issued)
        return
    link = issued["link"]
    if link["mailed_to"]:
        session.output.line(f"sent to {link['mailed_to']}; it works once, until {link['expires_at']}")
        return
    if link["mail_problem"]:
        session.output.note(f"not mailed: {link['mail_problem']}")
    session.output.note(f"for {issued['user']['name']}, once, until {link['expires_at']}:")
    session.output.line(link["url"])


def _flat(person: dict[str, Any]) -> dict[str, Any]:
    return {**person, "teams": [team["name"] for team in person["teams"]]}
