"""Over which calls a caller's questions go: all of them, or those of their teams and of tokens they see.

Law: every question to the ledger on a caller's behalf goes through `narrow` or `sees_call`. A question that names a
token or an application in sight goes over exactly that; any other goes over the caller's teams.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tollway.contract.ledger_api import TEAMS_SEPARATOR, Dimension
from tollway.contract.records import CloseRecord
from tollway.control.access.model import Reach, Sight
from tollway.kernel.errors import TollwayError

NO_TEAM = "none"
"""A team that never exists: what somebody asks about who is in no team."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller may ask about. `sees_token` and `sees_application` say whether an id is in the caller's sight."""

    sight: Sight
    sees_token: Callable[[str], bool]
    sees_application: Callable[[str], bool]


def narrow(filters: Mapping[Dimension, str], scope: Scope) -> dict[Dimension, str]:
    """Return the filters within the caller's sight. Raises management.not_found when they name what is out of it."""
    asked = dict(filters)
    if scope.sight.reach is Reach.ALL:
        return asked
    if "team" in asked:
        if not set(asked["team"].split(TEAMS_SEPARATOR)) <= scope.sight.team_ids:
            raise TollwayError("management.not_found", public="There is no such team.")
        return asked
    if ("token" in asked and scope.sees_token(asked["token"])) or (
        "application" in asked and scope.sees_application(asked["application"])
    ):
        return asked
    asked["team"] = TEAMS_SEPARATOR.join(sorted(scope.sight.team_ids)) or NO_TEAM
    return asked


def sees_call(call: CloseRecord, scope: Scope) -> bool:
    """Return whether a call is in the caller's sight: one of their teams, or by a token they see."""
    if scope.sight.covers(team_id=call.team_id or None):
        return True
    return bool(call.token_id) and scope.sees_token(call.token_id)


def is_found(get: Callable[[], object]) -> bool:
    """Return whether `get` finds its object in sight."""
    try:
        get()
    except TollwayError as error:
        if error.code.name != "management.not_found":
            raise
        return False
    return True
