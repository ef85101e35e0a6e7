"""A lasting state is told once, also over restarts."""

import json
from dataclasses import replace

from kit.control import ACTOR
from kit.notices import Notices
from tollway.contract.resting import RestingKey
from tollway.control.gateway.ports import UsedBudget
from tollway.control.notices.model import DeliveryFilter, NewWebhook
from tollway.control.notices.watching import WELL_SECONDS

DAY_NS = 86_400 * 10**9


def budget(spent: int, ends_ns: int, budget_id: str = "bud_1") -> UsedBudget:
    return UsedBudget("token", "t1", "ci", "by month", spent, 10**9, None, budget_id, ends_ns)


def hook(notices: Notices) -> str:
    return notices.webhooks.create(NewWebhook("a", "https://a.example/"), ACTOR).webhook.id


def told(notices: Notices, webhook_id: str) -> list[dict[str, object]]:
    page = notices.deliveries.page(webhook_id, DeliveryFilter())
    return [json.loads(delivery.body)["data"] for delivery in reversed(page.items)]


def test_a_budget_is_told_once_in_its_period_and_again_in_the_next(notices: Notices) -> None:
    webhook, now = hook(notices), notices.clock.now_ns()
    notices.states.budgets = [budget(79 * 10**7, now + DAY_NS)]
    notices.watch.look_at_budgets()
    assert told(notices, webhook) == []
    notices.states.budgets = [budget(80 * 10**7, now + DAY_NS)]
    notices.watch.look_at_budgets()
    notices.states.budgets = [budget(99 * 10**7, now + DAY_NS)]
    Notices(notices.plane).watch.look_at_budgets()  # as after a restart
    notices.watch.look_at_budgets()
    (one,) = told(notices, webhook)
    assert one == {
        "owner_kind": "token",
        "owner_id": "t1",
        "owner_name": "ci",
        "budget_name": "by month",
        "percent": 80,
        "spent_usd": "0.80",
        "limit_usd": "1.00",
        "used_up_at": None,
        "alert_percent": 80,
        "soft": False,
    }
    notices.clock.advance(86_400)
    notices.states.budgets = [budget(9 * 10**8, now + 2 * DAY_NS)]
    notices.watch.look_at_budgets()
    assert len(told(notices, webhook)) == 2


def test_each_level_is_told_once_and_of_several_the_highest(notices: Notices) -> None:
    webhook, ends = hook(notices), notices.clock.now_ns() + DAY_NS
    for spent in (5, 10, 10, 12, 30):
        notices.states.budgets = [replace(budget(spent * 10**8, ends), alert_percents=(50, 100, 120, 200))]
        notices.watch.look_at_budgets()
        notices.clock.advance(1)
    assert [(one["percent"], one["alert_percent"]) for one in told(notices, webhook)] == [
        (50, 50), (100, 100), (120, 120), (300, 200),
    ]  # fmt: skip
    notices.states.budgets = [replace(budget(3 * 10**9, ends, "bud_2"), alert_percents=(50, 100))]
    notices.watch.look_at_budgets()
    notices.watch.look_at_budgets()
    assert [one["alert_percent"] for one in told(notices, webhook)][4:] == [100]


def test_a_soft_limit_that_slides_is_told_again_after_its_window(notices: Notices) -> None:
    webhook = hook(notices)
    soft = replace(
        budget(80, 2**62), owner_kind="team", limit_nanos=100, measure="total_tokens", is_budget=False, is_soft=True,
        window_seconds=7_200,
    )  # fmt: skip
    notices.states.budgets = [soft]
    for _ in range(2):
        notices.watch.look_at_budgets()
    (one,) = told(notices, webhook)
    assert one == {
        "owner_kind": "team",
        "owner_id": "t1",
        "owner_name": "ci",
        "limit_name": "by month",
        "measure": "total_tokens",
        "percent": 80,
        "alert_percent": 80,
        "used": 80,
        "allowed": 100,
        "soft": True,
        "used_up_at": None,
    }
    notices.clock.advance(7_201)
    notices.watch.look_at_budgets()
    assert len(told(notices, webhook)) == 2


def test_two_budgets_of_one_owner_are_two(notices: Notices) -> None:
    webhook, ends = hook(notices), notices.clock.now_ns() + DAY_NS
    notices.states.budgets = [budget(10**9, ends), budget(10**9, ends, "bud_2")]
    notices.watch.look_at_budgets()
    assert len(told(notices, webhook)) == 2


def test_a_provider_that_keeps_failing_is_told_once_until_it_was_well(notices: Notices) -> None:
    webhook = hook(notices)
    notices.states.names_by_id = {"prov_1": "openai"}

    def rest(seconds: int) -> None:
        until = notices.clock.now_ns() // 10**9 + seconds
        notices.states.keys = [RestingKey("prov_1", "key_2", until), RestingKey("prov_1", "key_1", until)]
        notices.watch.look_at_providers()

    for _ in range(30):  # failing for fifteen minutes
        rest(30)
        notices.clock.advance(30)
    assert told(notices, webhook) == [{"id": "prov_1", "name": "openai", "resting_keys": ["key_1", "key_2"]}]
    notices.clock.advance(WELL_SECONDS / 2)
    rest(30)
    assert len(told(notices, webhook)) == 1, "it was not well for long"
    notices.clock.advance(WELL_SECONDS + 31)
    rest(30)
    assert len(told(notices, webhook)) == 2


def test_nothing_that_rests_costs_nothing(notices: Notices) -> None:
    webhook = hook(notices)
    notices.watch.look_at_providers()
    assert told(notices, webhook) == []


def test_what_is_over_is_forgotten(notices: Notices) -> None:
    ends = notices.clock.now_ns() + DAY_NS
    notices.states.budgets = [budget(10**9, ends)]
    notices.watch.look_at_budgets()
    notices.watch.forget()
    assert notices.plane.told_store.find_until("budget/t1/bud_1/100") == ends
    notices.clock.advance(86_401)
    notices.watch.forget()
    assert notices.plane.told_store.find_until("budget/t1/bud_1/100") is None
