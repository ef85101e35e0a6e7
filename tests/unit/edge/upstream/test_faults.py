"""The errors: what the caller reads names the rule, and never what the upstream said."""

from collections.abc import Callable

import pytest

from tollway.edge.upstream import faults
from tollway.kernel.errors import TollwayError


@pytest.mark.parametrize("build", [faults.protocol, faults.truncated, faults.unreachable, faults.tls, faults.forbidden])
def test_the_reason_goes_to_the_log_only(build: Callable[[str], TollwayError]) -> None:
    error = build("10.1.2.3 said hunter2")
    assert "hunter2" not in error.public
    assert error.internal == "10.1.2.3 said hunter2"


@pytest.mark.parametrize("name", ["connect", "first_byte", "idle", "total"])
def test_a_timeout_names_its_deadline(name: str) -> None:
    error = faults.timeout(name, 2.5)
    assert (error.code.name, error.status) == ("upstream.timeout", 504)
    assert f"the {name} deadline of 2.5 s" in error.public
