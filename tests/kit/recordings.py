"""Recorded exchanges with what the scope list says about each: what it is, or why it is left out."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SCOPE = Path(__file__).resolve().parent.parent / "journeys" / "translation" / "scope.toml"


@dataclass(frozen=True)
class Rule:
    """One rule of the scope list; `out` is the reason of one that leaves exchanges out."""

    provider: re.Pattern[str]
    path: re.Pattern[str]
    dialect: str = ""
    operation: str = ""
    kind: str = ""
    out: str = ""

    def fits(self, provider: str, path: str) -> bool:
        """Whether the rule is about this exchange."""
        return bool(self.provider.fullmatch(provider) and self.path.fullmatch(path))


@dataclass(frozen=True)
class Recording:
    """One exchange. `rule` None: the scope list does not know it."""

    provider: str
    line: int
    path: str
    request: Any
    status: int
    content_type: str
    response: Any
    rule: Rule | None

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.provider}:{self.line}"

    @property
    def kind(self) -> str:
        """The kind of provider it is replayed as."""
        assert self.rule is not None
        return self.rule.kind or self.provider

    @property
    def is_stream(self) -> bool:
        """Whether the answer is an event stream."""
        return "event-stream" in self.content_type

    @property
    def answer(self) -> bytes:
        """The answer's bytes."""
        return self.response.encode() if isinstance(self.response, str) else json.dumps(self.response).encode()


@cache
def scope() -> tuple[Rule, ...]:
    """Return the rules, in order."""
    rules = tomllib.loads(SCOPE.read_text(encoding="utf-8"))["rule"]
    return tuple(
        Rule(**(fields | {name: re.compile(fields[name]) for name in ("provider", "path")})) for fields in rules
    )


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield every exchange of the folder of fixtures, in order."""
    for file in sorted((folder / "recordings").glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
            item = json.loads(line)
            provider, path = item["provider"], item["path"]
            yield Recording(
                provider=provider,
                line=number,
                path=path,
                request=item["request"],
                status=item["status"],
                content_type=item["content_type"],
                response=item["response"],
                rule=next((rule for rule in scope() if rule.fits(provider, path)), None),
            )


def in_scope(folder: Path, operation: str = "generate") -> Iterator[Recording]:
    """Yield the exchanges that are in, of one operation."""
    for recording in recordings(folder):
        if recording.rule is not None and recording.rule.operation == operation:
            yield recording
