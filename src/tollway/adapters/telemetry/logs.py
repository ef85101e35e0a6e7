"""Logs: one JSON object a line on standard error. Control characters are escaped by JSON; bodies are never logged."""

import json
import logging
import sys
import time
import traceback


class JSONLines(logging.Formatter):
    """Writes a record as one line: instant (UTC), level, process, place, text and, for faults, the traceback."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "at": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "process": self._process,
            "place": record.name.removeprefix("tollway."),
            "text": record.getMessage(),
        }
        if record.exc_info is not None:
            line["fault"] = "".join(traceback.format_exception(*record.exc_info))[-8_000:]
        return json.dumps(line, ensure_ascii=True)


def start_logging(process: str, level: str) -> None:
    """Send this process's logs to standard error. Idempotent: earlier handlers are replaced."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines(process))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # At each start it names its own parts and the database it looks at, in every process that migrates.
    logging.getLogger("alembic").setLevel(logging.WARNING)
