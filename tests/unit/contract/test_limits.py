"""Limits have one form that says all, and records of before read as the same."""

import msgspec

from tollway.contract.limits import Budget, ConcurrencyLimit, Limit, Limits, RequestLimit, TopUp


def test_short_forms_say_the_same_as_whole_ones() -> None:
    limits = Limits(
        requests=(RequestLimit("lim_1", "per minute", 60, 60),),
        concurrency=(ConcurrencyLimit("lim_2", "concurrency", 5),),
        budgets=(Budget("bud_1", "monthly", 7, "month"),),
        limits=(Limit("lim_3", "tokens", "total_tokens", 9, period="day", zone="Europe/Berlin"),),
    )
    assert limits.every() == (
        Limit("lim_1", "per minute", "requests", 60, window_seconds=60),
        Limit("lim_2", "concurrency", "concurrency", 5),
        Limit("bud_1", "monthly", "cost", 7, period="month", is_budget=True),
        Limit("lim_3", "tokens", "total_tokens", 9, period="day", zone="Europe/Berlin"),
    )


def test_records_written_before_there_was_a_whole_form_are_read() -> None:
    old = b'{"requests":[{"id":"l","name":"n","requests":1,"window_seconds":2}],"budgets":[]}'
    limits = msgspec.json.decode(old, type=Limits)
    assert limits == Limits(requests=(RequestLimit("l", "n", 1, 2),))
    assert not limits.is_empty


def test_everything_a_limit_says_reads_back() -> None:
    limit = Limit(
        "lim_1",
        "share of the large ones",
        "cost",
        5_000,
        window_seconds=86_400,
        is_soft=True,
        is_budget=True,
        alert_percents=(50,),
        models=("gpt-*",),
        top_ups=(TopUp("top_1", 3, 2**62, 5),),
    )
    limits = Limits(limits=(limit,))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(limits), type=Limits) == limits
    assert msgspec.json.decode(msgspec.json.encode(limits), type=Limits) == limits


def test_nothing_is_limited_by_default() -> None:
    assert Limits().is_empty
    assert Limits().every() == ()
    assert msgspec.json.encode(Limits()) == b"{}"
