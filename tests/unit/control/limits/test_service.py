"""Limits: bounded, named, and with ids that outlive every edit."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.limits.service import compile_limits, find_faults, to_rules

_names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=10)
_rules = st.builds(
    LimitRules,
    st.lists(st.builds(RequestRule, _names, st.integers(1, 10**9), st.integers(1, 86_400)), max_size=4).map(tuple),
    st.none() | st.integers(1, 1_000_000),
    st.lists(
        st.builds(BudgetRule, _names, st.integers(0, 2**63 - 1), st.sampled_from(["hour", "day", "month", "total"])),
        max_size=4,
    ).map(tuple),
    st.sampled_from([None, "cap", "refuse", "estimate"]),
)


@given(rules=_rules)
def test_what_was_asked_for_is_what_is_compiled(rules: LimitRules) -> None:
    assert to_rules(compile_limits("tok", rules)) == rules


@given(owner=_names, other=_names, name=_names, first=st.integers(0, 100), second=st.integers(0, 100))
def test_budget_id_follows_from_owner_and_name_alone(
    owner: str, other: str, name: str, first: int, second: int
) -> None:
    def budget_id(owner_id: str, limit: int, period: str) -> str:
        return compile_limits(owner_id, LimitRules(budgets=(BudgetRule(name, limit, period),))).budgets[0].id  # type: ignore[arg-type]

    assert budget_id(owner, first, "day") == budget_id(owner, second, "month")
    assert (budget_id(owner, first, "day") == budget_id(other, first, "day")) == (owner == other)


def test_every_fault_is_found() -> None:
    rules = LimitRules(
        requests=(RequestRule("a", 0, 0), RequestRule("a", 1, 60)),
        concurrency=0,
        budgets=(BudgetRule("", -1, "year"),),  # type: ignore[arg-type]
        unbounded_output="never",  # type: ignore[arg-type]
    )
    assert [fault.path for fault in find_faults(rules)] == [
        "/requests/1/name",
        "/budgets/0/name",
        "/requests/0/requests",
        "/requests/0/window_seconds",
        "/budgets/0/limit_usd",
        "/budgets/0/period",
        "/concurrency",
        "/unbounded_output",
    ]
    assert find_faults(LimitRules(requests=tuple(RequestRule(str(n), 1, 1) for n in range(17))))
    assert not find_faults(LimitRules())
