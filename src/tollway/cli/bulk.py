"""`tollway bulk`: one act on many tokens, chosen by a filter; its acts on people are in bulk_people."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tollway.cli import bulk_people
from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import Search, find_id
from tollway.cli.instants import parse_expiry
from tollway.cli.limits import RPM, Budget, Concurrency, Limit, build_limits
from tollway.cli.session import Session, command

State = Annotated[str | None, typer.Option("--state", help="Only these: active, disabled or expired.")]
Application = Annotated[str | None, typer.Option("--application", metavar="APP", help="Of this application.")]
Team = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="Of this team's applications.")]
Owner = Annotated[str | None, typer.Option("--owner", metavar="PERSON", help="Of this person.")]
HasPlan = Annotated[str | None, typer.Option("--has-plan", metavar="PLAN", help="That have this plan.")]
Before = Annotated[
    str | None, typer.Option("--expires-before", metavar="WHEN", help="That expire before: 30d, a date.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every token; needed where there is no other filter.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how many and show some; change nothing.")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Its id, as the command that began it printed it.")]
_ENDS = {"done": "done", "cancelled": "cancelled"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="bulk", help="One act on many tokens, people or service accounts.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "tokens")(change_tokens)
    bulk_people.register(group)
    command(group, "list")(list_jobs)
    command(group, "show")(show_job)
    command(group, "undo")(undo_job)
    command(group, "cancel")(cancel_job)


def change_tokens(
    session: Session,
    act: Annotated[str, typer.Argument(metavar="ACT", help="plan, limits, disable, enable, extend or revoke.")],
    *,
    state: State = None,
    application: Application = None,
    team: Team = None,
    owner: Owner = None,
    has_plan: HasPlan = None,
    search: Search = None,
    expires_before: Before = None,
    everything: Everything = False,
    plan: Annotated[str | None, typer.Option("--plan", metavar="PLAN", help="For plan: which, or none.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="For extend: 90d, a date, never.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="For revoke: why.")] = "",
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
    dry_run: DryRun = False,
) -> None:
    """Do one thing to every token that matches: give a plan or limits, disable, enable, extend or revoke.

    Example: tollway bulk tokens plan --plan interns --team payments --state active --dry-run
    """
    wanted = {
        "state": state,
        "application_id": find_id(session, "applications", application),
        "team_id": find_id(session, "teams", team),
        "owner_id": find_id(session, "users", owner),
        "plan_id": find_id(session, "plans", has_plan),
        "search": search,
        "expires_before": _instant(expires_before, "--expires-before"),
    }
    wanted = {name: value for name, value in wanted.items() if value is not None}
    limits = build_limits(rpm, concurrency, budget, limit)
    body = {
        "filter": {**wanted, "everything": everything},
        "act": _act(session, act, plan=plan, until=until, reason=reason, limits=limits),
    }
    if dry_run:
        _preview(session, session.call("POST", "/token-jobs/preview", body=body))
        return
    _follow(session, session.call("POST", "/token-jobs", body=body))


def list_jobs(session: Session) -> None:
    """List acts on many tokens, newest first.

    Example: tollway bulk list
    """
    columns = {"id": "id", "act": "act", "state": "state", "total": "matched", "changed": "changed",
               "created_by": "by", "created_at": "began"}  # fmt: skip
    session.output.rows(session.items("/token-jobs"), columns, empty="no jobs")


def show_job(session: Session, job: JobArgument) -> None:
    """Show how far a job is.

    Example: tollway bulk show job_0123456789abcdef
    """
    session.output.fields(session.call("GET", f"/token-jobs/{job}"))


def undo_job(session: Session, job: JobArgument) -> None:
    """Take a job back, token by token, where nobody changed the same since. Within 7 days; never a revocation.

    Example: tollway bulk undo job_0123456789abcdef
    """
    _follow(session, session.call("POST", f"/token-jobs/{job}/undo"))


def cancel_job(session: Session, job: JobArgument) -> None:
    """End a job where it stands; what it changed stays changed.

    Example: tollway bulk cancel job_0123456789abcdef
    """
    _say(session, session.call("POST", f"/token-jobs/{job}/cancel"))


def _act(
    session: Session, act: str, *, plan: str | None, until: str | None, reason: str, limits: dict[str, Any]
) -> dict[str, Any]:
    match act:
        case "plan" if plan is not None:
            return {"kind": "set_plan", "plan_id": None if plan == "none" else find_id(session, "plans", plan)}
        case "limits" if limits:
            return {"kind": "set_limits", "limits": limits}
        case "extend" if until is not None:
            return {"kind": "extend", "expires_at": _instant(until, "--until")}
        case "disable" | "enable":
            return {"kind": act}
        case "revoke":
            return {"kind": "revoke", "reason": reason}
    needs = {"plan": "--plan PLAN", "limits": "limits such as --rpm 60", "extend": "--until WHEN"}.get(act)
    raise CommandError(
        ExitCode.USAGE,
        f"`{act}` needs {needs}"
        if needs
        else f"not an act: {act!r} (use plan, limits, disable, enable, extend, revoke)",
    )


def _follow(session: Session, job: dict[str, Any]) -> None:
    """Work on the job until it ends: the console does as well, and where none runs, this alone does."""
    with session.output.working(f"{job['total']} tokens", job["total"]) as bar:
        while job["state"] == "running":
            job = session.call("POST", f"/token-jobs/{job['id']}/advance")
            bar.at(job["looked_at"], job["total"])
    _say(session, job)


def _say(session: Session, job: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(job)
        return
    undo = f"; take it back with: tollway bulk undo {job['id']}" if job["can_undo"] else ""
    session.output.line(f"{job['changed']} of {job['total']} tokens changed ({_ENDS[job['state']]}){undo}")


def _preview(session: Session, preview: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(preview)
        return
    session.output.line(f"{preview['total']} tokens match; the newest of them:")
    columns = {"id": "id", "name": "name", "state": "state", "application_name": "application", "plan_name": "plan"}
    session.output.rows(preview["sample"], columns, empty="none")


def _instant(text: str | None, flag: str) -> str | None:
    if text is None:
        return None
    try:
        return parse_expiry(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=flag) from error
