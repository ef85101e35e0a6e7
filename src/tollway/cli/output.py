"""How commands print: tables for people, JSON for scripts, errors on standard error.

Progress is drawn only on a terminal, and on standard error, so that it never mixes with a result.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from tollway.cli.progress import Bar, progress

_PLAIN_WIDTH = 200
"""Columns of a table that goes into a file or a pipe, where there is no screen to fit."""


class Output:
    """Prints results in the form that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def json(self, value: object) -> None:
        """Print a value as indented JSON."""
        print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

    def line(self, text: str) -> None:
        """Print a line for people; nothing with --json."""
        if not self.as_json:
            print(text)

    def note(self, text: str) -> None:
        """Print a remark on standard error, so that it stays out of results; nothing with --json."""
        if not self.as_json:
            print(text, file=sys.stderr)

    def problem(self, text: str, problem: Mapping[str, Any]) -> None:
        """Print an error on standard error: text for people, the whole problem with --json."""
        if self.as_json:
            print(msgspec.json.encode({"error": problem}).decode(), file=sys.stderr)
        else:
            print(f"error: {text}", file=sys.stderr)

    def rows(self, items: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, empty: str) -> None:
        """Print a list: every field with --json, `columns` (field: heading) as a table otherwise.

        JSON is written item by item, so that a million take no memory; what fails in between leaves no valid JSON.
        """
        if self.as_json:
            _stream(items)
            return
        listed = list(items)
        if not listed:
            print(empty)
        else:
            self.table(list(columns.values()), [[cell(item.get(field)) for field in columns] for item in listed])

    def fields(self, item: Mapping[str, Any]) -> None:
        """Print one object: as JSON, or a line a field."""
        if self.as_json:
            self.json(item)
            return
        width = max((len(name) for name in item), default=0)
        for name, value in item.items():
            print(f"{name.replace('_', ' '):<{width}}  {cell(value)}")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; a column of numbers is set flush right."""
        from rich import box
        from rich.console import Console
        from rich.table import Table

        console = Console(highlight=False, markup=False)
        if not console.is_terminal:
            console = Console(highlight=False, markup=False, width=_PLAIN_WIDTH)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for index, heading in enumerate(headings):
            is_numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
            table.add_column(heading, justify="right" if is_numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)

    def csv(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print comma-separated values with a heading line (RFC 4180 quoting, plain newlines)."""
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)

    @contextmanager
    def working(self, text: str, total: int | None = None) -> Iterator[Bar]:
        """Show that long work goes on and how far it is, when standard error is a terminal and --json is not given."""
        with progress(is_wanted=not self.as_json) as begin:
            yield begin(text, total)


def _stream(items: Iterable[Mapping[str, Any]]) -> None:
    """Print `{"items": […]}` as `Output.json` would."""
    before = '{\n  "items": [\n    '
    for item in items:
        text = msgspec.json.format(msgspec.json.encode(item), indent=2).decode()
        # Texts in JSON hold no line breaks: these are all of the form.
        sys.stdout.write(before + text.replace("\n", "\n    "))
        before = ",\n    "
    print("\n  ]\n}" if before.startswith(",") else '{\n  "items": []\n}')


def cell(value: object) -> str:
    """Write one value for people: `-` for nothing, lists with commas, control characters made visible."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={cell(item)}" for name, item in value.items() if item is not None) or "-"
    # A name from elsewhere must not move the cursor or change colours on the operator's terminal.
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(".", "", 1).replace("%", "", 1).isdigit()
