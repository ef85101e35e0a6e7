"""What is kept belongs to an application, so that its tokens share it, else to the one token."""

import pytest

from tollway.contract.policy import VERSION, TokenRecord
from tollway.gateway.response_states import owner_of


@pytest.mark.parametrize(
    ("application", "environment", "owner"),
    [
        (None, "live", "token:t1"),
        ("app_1", "live", "application:app_1"),
        (None, "test", "token:t1"),
        ("app_1", "test", "test:app_1"),
    ],
)
def test_who_owns_what_is_kept(application, environment, owner):
    token = TokenRecord(
        VERSION, "t1", b"", 1, "s", "name", "active", application_id=application, environment=environment
    )
    assert owner_of(token) == owner
