"""What is wrong with an input, each fault with its place, and the one error that carries them all.

Every parser of the control plane collects faults and reports them together; none stops at the first.
"""

from dataclasses import dataclass

from tollway.kernel.errors import TollwayError


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `path` is a JSON pointer into the input (`/limits/budgets/0/limit_usd`; "" is the whole).

    `line` and `column` count from 1 and are None where the input is not text.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line is not None else ""
        return f"{place}{self.path + ': ' if self.path else ''}{self.message}"


class Invalid(TollwayError):
    """management.invalid with every fault. The message never repeats a secret value."""

    def __init__(self, faults: "list[Fault] | tuple[Fault, ...]") -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("management.invalid", public="; ".join(map(str, self.faults)) or None)


class Faults:
    """Collects faults while an input is read."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: str, message: str) -> None:
        """Note a fault at a JSON pointer."""
        self.found.append(Fault(path, message))

    def extend(self, prefix: str, faults: "list[Fault] | tuple[Fault, ...]") -> None:
        """Take over faults found by a part, below `prefix`."""
        self.found.extend(Fault(prefix + fault.path, fault.message, fault.line, fault.column) for fault in faults)

    def check(self) -> None:
        """Raise Invalid when anything was found."""
        if self.found:
            raise Invalid(self.found)


def refuse(path: str, message: str) -> Invalid:
    """Return the error for a single fault."""
    return Invalid([Fault(path, message)])
