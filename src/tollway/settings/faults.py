"""What can be wrong with settings, with the place, and all of it at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `place` is `file:line key`, a variable's name, a flag, or a key whose value is a default."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InvalidSettings(Exception):
    """The settings cannot be used. `faults` holds every one that was found, in the order of their sources."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))
