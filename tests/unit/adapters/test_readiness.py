"""What /readyz says of each part, whatever state the part is in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tollway.adapters.readiness import ProcessReadiness
from tollway.contract.ledger_api import Failure, HealthAnswer
from tollway.kernel.errors import TollwayError

HEALTHY = HealthAnswer(0, 0, 0, 0)


class Parts:
    """All four neighbours of the check in one; each fact can be replaced by the error it raises."""

    def __init__(self, **facts: Any) -> None:
        self._facts = {"health": HEALTHY, "stored": 1, "database": None, "waiting": False, **facts}

    def _fact(self, name: str) -> Any:
        found = self._facts[name]
        if isinstance(found, Exception):
            raise found
        return found

    def ask(self, _: object) -> Any:
        return self._fact("health")

    def revision(self) -> int:
        return self._fact("stored")

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield self._fact("database")

    def has_unpublished(self) -> bool:
        return self._fact("waiting")


def failing(**facts: Any) -> dict[str, str]:
    parts: Any = Parts(**facts)
    checks = ProcessReadiness(ledger=parts, store=parts, database=parts, publisher=parts).checks()
    assert [check.name for check in checks] == ["ledger", "policy store", "config database", "publication"]
    return {check.name: check.detail for check in checks if not check.is_ready}


def test_a_whole_installation_is_ready() -> None:
    assert failing() == {}


@pytest.mark.parametrize(
    ("facts", "part"),
    [
        ({"health": TollwayError("usage.unavailable")}, "ledger"),
        ({"health": HealthAnswer(9, 0, 0, 0, problem="disk full")}, "ledger"),
        ({"health": Failure("usage.unavailable", "no")}, "ledger"),
        ({"stored": 0}, "policy store"),
        ({"stored": TollwayError("gateway.policy_unavailable")}, "policy store"),
        ({"database": TollwayError("management.unavailable")}, "config database"),
        ({"waiting": True}, "publication"),
    ],
)
def test_one_broken_part_is_named_and_hides_no_other(facts: dict[str, Any], part: str) -> None:
    assert list(failing(**facts)) == [part]
