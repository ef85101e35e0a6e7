"""Teams: the unit of isolation. One exists from the start."""

from dataclasses import dataclass

DEFAULT_TEAM_ID = "team_default"
DEFAULT_TEAM_NAME = "default"


@dataclass(frozen=True, slots=True)
class Team:
    """A team; names are unique (case ignored). `version` is the ETag."""

    id: str
    name: str
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1

    @property
    def is_default(self) -> bool:
        """Whether this is the team that always exists."""
        return self.id == DEFAULT_TEAM_ID
