"""Where there are no service accounts, nobody hands any over or leaves any behind."""

from kit.control import ACTOR
from tollway.control.accounts.ports import NoServices


def test_without_service_accounts_nothing_is_handed_over_or_left() -> None:
    services = NoServices()
    assert services.hand_over("user_1", "user_2", ACTOR) == services.lose_owner("user_1", ACTOR) == 0
