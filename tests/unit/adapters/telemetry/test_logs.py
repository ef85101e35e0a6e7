"""A log line is one JSON object, whatever its text holds."""

import json
import logging
from collections.abc import Iterator

import pytest

from tollway.adapters.telemetry.logs import JSONLines, start_logging


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def line(text: str, *arguments: object, **fields: object) -> dict[str, str]:
    record = logging.LogRecord("tollway.edge.x", logging.WARNING, "f", 1, text, arguments, None)
    record.__dict__.update(fields)
    return json.loads(JSONLines("worker-0").format(record))


def test_a_line_says_when_who_where_and_what() -> None:
    found = line("%d of %s", 3, "it", created=1_800_000_000.25, msecs=250.0)
    assert found == {
        "at": "2027-01-15T08:00:00.250Z",
        "level": "warning",
        "process": "worker-0",
        "place": "edge.x",
        "text": "3 of it",
    }


def test_nothing_in_a_text_can_begin_a_line_of_its_own() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, 'a\n{"level":"error"}\x1b[2J\u2028', (), None)
    text = JSONLines("w").format(record)
    assert text.isprintable() and text.isascii()


def test_a_fault_carries_its_traceback_bounded() -> None:
    try:
        raise ValueError("x" * 20_000)
    except ValueError as error:
        found = line("oh", exc_info=(type(error), error, error.__traceback__))
    assert len(found["fault"]) == 8_000


def test_starting_twice_prints_once_and_libraries_stay_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("console", "info")
    start_logging("console", "info")
    logging.getLogger("tollway.x").info("mine")
    logging.getLogger("tollway.x").debug("too much")
    logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
    logging.getLogger("alembic.runtime.migration").warning("theirs")
    lines = [json.loads(text)["text"] for text in capsys.readouterr().err.splitlines()]
    assert lines == ["mine", "theirs"]
