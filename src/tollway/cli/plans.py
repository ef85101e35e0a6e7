"""`tollway plan`: named sets of limits and budgets, and who has them."""

from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_one, remove
from tollway.cli.limits import RPM, Budget, Concurrency, Limit, build_limits, show_limits
from tollway.cli.session import Session, command

PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="Name or id of the plan.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What the plan is for.")]
Token = Annotated[list[str] | None, typer.Option("--token", metavar="TOKEN", help="A token. Repeatable.")]
Application = Annotated[
    list[str] | None, typer.Option("--application", metavar="APP", help="An application. Repeatable.")
]
_LISTED = {"id": "id", "name": "name", "limits": "limits", "tokens": "tokens", "applications": "applications"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="plan", help="Named sets of rights, limits and budgets.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "list")(list_plans)
    command(group, "create")(create_plan)
    command(group, "show")(show_plan)
    command(group, "change")(change_plan)
    command(group, "assign")(assign_plan)
    command(group, "withdraw")(withdraw_plan)
    command(group, "remove")(remove_plan)


def list_plans(session: Session) -> None:
    """List plans and how many have each.

    Example: tollway plan list
    """
    items = list(session.items("/plans"))
    if not session.output.as_json:
        items = [{**item, "limits": show_limits(item["limits"])} for item in items]
    session.output.rows(items, _LISTED, empty="no plans; make one with: tollway plan create NAME --budget 20/month")


def create_plan(
    session: Session,
    name: NameArgument,
    *,
    description: Description = None,
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
) -> None:
    """Create a plan. Its limits count for each token or application that has it by itself.

    Example: tollway plan create interns --rpm 60 --budget 20/month
    """
    limits = build_limits(rpm, concurrency, budget, limit)
    body = {"name": name, "description": description or "", "limits": limits}
    _show(session, session.call("POST", "/plans", body=body))


def show_plan(session: Session, plan: PlanArgument) -> None:
    """Show one plan and how many have it.

    Example: tollway plan show interns
    """
    _show(session, find_one(session, "plans", plan))


def change_plan(
    session: Session,
    plan: PlanArgument,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    description: Description = None,
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
) -> None:
    """Change a plan for everybody who has it. Limits that are given replace all limits of the plan.

    Example: tollway plan change interns --rpm 120 --budget 50/month
    """
    found = find_one(session, "plans", plan)
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = name
    if description is not None:
        body["description"] = description
    if limits := build_limits(rpm, concurrency, budget, limit):
        body["limits"] = limits
    if not body:
        raise CommandError(ExitCode.USAGE, "say what to change, such as --budget 50/month")
    _show(session, session.call("PATCH", f"/plans/{found['id']}", body=body))


def assign_plan(session: Session, plan: PlanArgument, *, token: Token = None, application: Application = None) -> None:
    """Give tokens and applications the plan, instead of the one they have.

    Example: tollway plan assign interns --token ci --application shop
    """
    _give(session, find_one(session, "plans", plan), token, application)


def withdraw_plan(session: Session, *, token: Token = None, application: Application = None) -> None:
    """Take the plan away from tokens and applications.

    Example: tollway plan withdraw --token ci
    """
    _give(session, None, token, application)


def remove_plan(session: Session, plan: PlanArgument) -> None:
    """Delete a plan that nobody has.

    Example: tollway plan remove interns
    """
    remove(session, "plans", plan)


def _give(
    session: Session, plan: dict[str, Any] | None, tokens: list[str] | None, applications: list[str] | None
) -> None:
    wanted = [("tokens", one) for one in tokens or ()] + [("applications", one) for one in applications or ()]
    if not wanted:
        raise CommandError(ExitCode.USAGE, "name at least one --token or --application")
    changed = []
    for kind, reference in wanted:
        found = find_one(session, kind, reference)
        body = {"plan_id": plan["id"] if plan else None}
        changed.append(session.call("PATCH", f"/{kind}/{found['id']}", body=body))
    columns = {"id": "id", "name": "name", "plan_name": "plan"}
    session.output.rows(changed, columns, empty="nothing changed")


def _show(session: Session, plan: dict[str, Any]) -> None:
    if not session.output.as_json:
        plan = {**plan, "limits": show_limits(plan["limits"])}
    session.output.fields(plan)
