"""What needs a person now, from budgets and providers."""

from dataclasses import dataclass, replace

import pytest

from kit.console import FACTS, Console
from tollway.contract.ledger_api import UsageRow
from tollway.control.gateway.ports import UsedBudget
from tollway.control.gateway.service import Gateway


@dataclass
class Watch:
    """Two budgets near their end."""

    now_ns: int

    def near_end(self, percent: int) -> list[UsedBudget]:
        return [
            UsedBudget("token", "t", "ci", "month", 95 * 10**7, 10**9, self.now_ns + 2 * 86_400 * 10**9),
            UsedBudget("application", "a", "shop", "day", 10**9, 10**9),
        ]


def row(provider: str, calls: int, failed: int) -> UsageRow:
    return UsageRow((provider,), None, calls, 0, 0, failed, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_budgets_failing_providers_and_unsafe_settings_are_listed(console: Console) -> None:
    console.ledger.rows = [row("prov_a", 10, 6), row("prov_b", 10, 5), row("prov_c", 4, 4)]
    parts = console.gateway._parts
    facts = replace(FACTS, insecure=(("console.listen", "It is open to the network without TLS."),))
    items = Gateway(replace(parts, budgets=Watch(console.clock.now_ns()), facts=facts)).attention()
    assert [(item.kind, item.severity, item.subject_id) for item in items] == [
        ("provider_failing", "critical", "prov_a"),
        ("budget_near_end", "critical", "a"),
        ("budget_near_end", "warning", "t"),
        ("insecure_setting", "warning", "console.listen"),
    ]
    assert (items[1].title, items[1].href) == ("Budget day of shop is used up", "/applications/a")
    assert items[2].title == "Budget month of ci is 95 % used"
    assert items[2].detail == "0.95 of 1.00 USD are spent. At this pace it is used up in 2 days."


@pytest.mark.parametrize(("seconds", "words"), [(90_000, "1 day"), (7_500, "2 h 5 min"), (61, "1 min")])
def test_time_left_is_said_in_words(console: Console, seconds: int, words: str) -> None:
    from kit.control import ACTOR
    from tollway.control.tokens.model import NewToken

    expires = console.clock.now_ns() + seconds * 10**9
    console.plane.tokens.issue(NewToken("ci", expires_ns=expires), ACTOR)
    assert console.gateway.attention()[0].detail == f"It ends in {words}."
