"""Limits: named, with ids that outlive every edit, and in the shortest form that can say them."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tollway.contract.limits import Budget, ConcurrencyLimit, Limit, Limits, RequestLimit, TopUp
from tollway.control.limits.model import BudgetRule, LimitRule, LimitRules, RequestRule
from tollway.control.limits.service import compile_limits, find_limit, put_top_ups, to_rules

_names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=10)
_rules = st.builds(
    LimitRules,
    st.lists(st.builds(RequestRule, _names, st.integers(1, 10**9), st.integers(1, 86_400)), max_size=4).map(tuple),
    st.none() | st.integers(1, 1_000_000),
    st.lists(
        st.builds(BudgetRule, _names, st.integers(0, 2**61 - 1), st.sampled_from(["hour", "day", "month", "total"])),
        max_size=4,
    ).map(tuple),
    st.sampled_from([None, "cap", "refuse", "estimate"]),
    st.lists(
        st.builds(
            LimitRule,
            _names,
            st.sampled_from(["total_tokens", "bytes", "cost", "input_tokens"]),
            st.integers(1, 2**61 - 1),
            st.just(0),
            st.sampled_from(["hour", "day", "week"]),
            st.sampled_from(["UTC", "Europe/Paris"]),
            st.booleans(),
        ),
        max_size=4,
    ).map(tuple),
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


def test_an_edit_beyond_the_short_form_keeps_the_id() -> None:
    plain = compile_limits("tok", LimitRules((RequestRule("rpm", 1, 60),), 2, (BudgetRule("month", 5, "month"),)))
    edited = compile_limits(
        "tok",
        LimitRules(
            budgets=(BudgetRule("month", 9, None, window_seconds=60, is_soft=True, models=("gpt-*",)),),
            limits=(
                LimitRule("rpm", "requests", 9, period="day", zone="Asia/Tokyo"),
                LimitRule("concurrency", "concurrency", 3, alert_percents=(50,)),
            ),
        ),
    )
    assert [limit.id for limit in edited.limits] == [
        plain.budgets[0].id,
        plain.requests[0].id,
        plain.concurrency[0].id,
    ]


def test_ids_differ_by_measure_and_by_unit() -> None:
    limits = compile_limits(
        "tok",
        LimitRules(
            budgets=(BudgetRule("a", 1, "day"), BudgetRule("a", 1, "day", "total_tokens")),
            limits=(LimitRule("a", "bytes", 1, 60), LimitRule("a", "total_tokens", 1, 60)),
        ),
    )
    assert len({limit.id for limit in limits.every()}) == 4


def test_what_a_short_form_can_say_is_stored_as_one() -> None:
    limits = compile_limits(
        "tok",
        LimitRules(
            limits=(LimitRule("rpm", "requests", 5, 60), LimitRule("concurrency", "concurrency", 2)),
            budgets=(BudgetRule("month", 7, "month"),),
        ),
    )
    assert limits == Limits(
        requests=(RequestLimit(limits.requests[0].id, "rpm", 5, 60),),
        concurrency=(ConcurrencyLimit(limits.concurrency[0].id, "concurrency", 2),),
        budgets=(Budget(limits.budgets[0].id, "month", 7, "month"),),
    )


def test_top_ups_stay_with_their_limit_through_edits() -> None:
    before = compile_limits("tok", LimitRules(budgets=(BudgetRule("month", 5, "month"), BudgetRule("day", 1, "day"))))
    top_up = TopUp("top_1", 3, 2**60)
    topped = put_top_ups(before, before.budgets[0].id, (top_up,))
    assert [limit.name for limit in topped.budgets] == ["day"]
    assert topped.limits == (structs.replace(before.every()[0], top_ups=(top_up,)),)
    edited = compile_limits("tok", LimitRules(budgets=(BudgetRule("month", 8, "month"),)), topped)
    assert edited.limits[0].top_ups == (top_up,)
    assert edited.limits[0].amount == 8
    assert put_top_ups(topped, topped.limits[0].id, ()).every()[1] == before.every()[0]


def test_a_limit_is_found_by_name_or_id_and_budgets_come_first() -> None:
    limits = compile_limits("tok", LimitRules((RequestRule("day", 1, 60),), budgets=(BudgetRule("day", 1, "day"),)))
    found = find_limit(limits, "day")
    assert found == Limit(limits.budgets[0].id, "day", "cost", 1, period="day", is_budget=True)
    assert find_limit(limits, limits.requests[0].id) == limits.every()[0]
    assert find_limit(limits, "month") is None
