"""Writes the pages of docs/ that are made from tables in the code: configuration, errors, command line,
translation, permissions.

`generate_docs.py` writes them, `generate_docs.py --check` says which are out of date and exits with 1. Everything
above a page's marker line is written by hand and kept.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from typer.main import get_command

from tollway.cli import app
from tollway.control.access.model import REGISTRY, Permission
from tollway.control.access.roles import BUILT_IN
from tollway.formats.dialects import NOTES
from tollway.kernel.codes import TABLE
from tollway.settings import fields
from tollway.settings.bounds import BOUNDS
from tollway.settings.fields import KINDS, Setting
from tollway.web.access import Needs, NeedsFresh, Open, Policy, policies_of
from tollway.web.routers import PREFIX, api_routes

DOCS = Path(__file__).resolve().parent.parent / "docs"
MARKER = "<!-- From here on this page is written by `make docs`. -->"


def configuration() -> Iterator[str]:
    """Yield a table of settings for each section of the file."""
    for section, group in groupby(fields.ALL, key=lambda setting: setting.section):
        yield f"## `[{section}]`" if section else "## At the top of the file"
        yield ""
        yield "| setting | type | default | range | what it is | reload |"
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from (_setting(setting) for setting in group)
        yield ""


def _setting(setting: Setting) -> str:
    kind = ", ".join(f"`{choice}`" for choice in setting.choices) or KINDS[setting.kind]
    default = "number of cores" if setting.key == "gateway.workers" else _default(setting.default)
    least, most = BOUNDS.get(setting.key, ("", ""))
    bounds = f"{least:,} to {most:,}" if setting.key in BOUNDS else ""
    hot = "taken up" if setting.is_hot else "needs a restart"
    return f"| `{setting.key}`<br>`{setting.variable}` | {kind} | {default} | {bounds} | {setting.help} | {hot} |"


def _default(value: object) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Path | str):
        return f"`{value}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def errors() -> Iterator[str]:
    """Yield a section for each error code, in the order of the table."""
    for place, group in groupby(TABLE, key=lambda code: code.name.partition(".")[0]):
        yield f"## {place}"
        yield ""
        for code in group:
            yield f'### <a id="{code.name}"></a>`{code.name}`'
            yield ""
            yield f"Status {code.status} · fault of the {_FAULT[code.source]} · {_RETRY[code.retry]}"
            yield ""
            yield f"{code.meaning} {code.check}"
            yield ""


_FAULT = {"caller": "caller", "upstream": "upstream", "self": "gateway"}
_RETRY = {
    "never": "sending it again does not help",
    "safe": "it may be sent again at once",
    "later": "it may be sent again later",
}


def command_line() -> Iterator[str]:
    """Yield a section for each command."""
    yield from _command(get_command(app.build()), "tollway")


def _command(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children:
        for child, below in children.items():
            yield from _command(below, f"{name} {child}")
        return
    help_text, _, example = (command.help or "").partition("Example: ")
    yield f"## `{name}`"
    yield ""
    yield " ".join(help_text.split())
    yield ""
    yield "```sh"
    yield " ".join(example.split())
    yield "```"
    yield ""
    yield "| option | what |"
    yield "| --- | --- |"
    for parameter in command.params:
        yield f"| {_option(parameter)} | {_meaning(parameter)} |"
    yield ""


def _option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    return names if parameter.is_flag else f"{names} {parameter.metavar or ''}".strip()


def _meaning(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    is_required = parameter.required and parameter.param_type_name != "argument"
    return (text + (" Required." if is_required else "")).replace("|", "\\|")


def translation() -> Iterator[str]:
    """Yield a table of notes for each dialect, by the word that the header has for each."""
    for title, notes in NOTES.items():
        yield f"## {title}"
        yield ""
        yield "| note | what it means |"
        yield "| --- | --- |"
        yield from (f"| `{name}` | {text} |" for name, text in sorted(notes.items()))
        yield ""


def permissions() -> Iterator[str]:
    """Yield who holds which permission, and who may send which request."""
    yield "## Permissions"
    yield ""
    yield _row("permission", "what it permits", *(role.name for role in BUILT_IN.values()))
    yield _row(*["---"] * (2 + len(BUILT_IN)))
    for permission, described in REGISTRY.items():
        yield _row(f"`{permission}`", described.meaning, *_reaches(permission))
    yield ""
    yield "## Requests"
    yield ""
    yield _row(f"request, below `{PREFIX}`", "permission", "proof", *(role.name for role in BUILT_IN.values()))
    yield _row(*["---"] * (3 + len(BUILT_IN)))
    for route in api_routes():
        (policy,) = policies_of(route.dependant)
        for method in sorted(route.methods or ()):
            yield _row(f"`{method} {route.path}`", *_policy(policy))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _reaches(permission: Permission) -> Iterator[str]:
    """Yield how far each built-in role holds a permission; a dash where it does not."""
    for role in BUILT_IN.values():
        reach = role.rights.get(permission)
        yield "–" if reach is None else reach.value


def _policy(policy: Policy) -> Iterator[str]:
    match policy:
        case Open():
            yield f"none: {policy.reason}"
            yield ""
            yield from ["anybody"] * len(BUILT_IN)
        case Needs():
            yield f"`{policy.permission}`"
            yield "yes" if isinstance(policy, NeedsFresh) else ""
            yield from _reaches(policy.permission)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "configuration.md": configuration,
    "errors.md": errors,
    "cli.md": command_line,
    "translation.md": translation,
    "permissions.md": permissions,
}


def render(page: str) -> str:
    """Return what the page should hold: its own beginning and the generated rest."""
    before, marker, _ = (DOCS / page).read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        raise SystemExit(f"docs/{page} has no line: {MARKER}")
    return before + MARKER + "\n\n" + "\n".join(PAGES[page]()).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them."""
    stale = [page for page in PAGES if render(page) != (DOCS / page).read_text(encoding="utf-8")]
    if arguments == ["--check"]:
        for page in stale:
            print(f"docs/{page} is out of date; run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        (DOCS / page).write_text(render(page), encoding="utf-8")
        print(f"wrote docs/{page}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
