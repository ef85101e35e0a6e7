"""Questions to the ledger: the types of answers are checked, and ids get names."""

from collections.abc import Collection

import pytest

from tollway.contract.ledger_api import CallAnswer, Failure, HealthAnswer, LastUse, LastUseAnswer, Reply, Request
from tollway.control.usage.service import Usage
from tollway.kernel.errors import TollwayError


class Ledger:
    """Answers the same to everything."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def ask(self, request: Request) -> Reply:
        return self.reply


class Directory:
    """Names two ids."""

    def names(self, ids: object, /) -> dict[str, str]:
        return {"a": "Ada"}


@pytest.mark.parametrize(
    "reply", [Failure("usage.unavailable", "x"), Failure("made.up", "x"), HealthAnswer(0, 0, 0, 0)]
)
def test_a_failure_or_a_wrong_answer_is_an_error_of_ours(reply: Reply) -> None:
    with pytest.raises(TollwayError, match=r"usage\.unavailable"):
        Usage(Ledger(reply), {}).unpriced(0)


def test_what_only_adds_to_other_answers_is_left_out_without_the_ledger() -> None:
    usage = Usage(Ledger(Failure("usage.unavailable", "x")), {})
    assert usage.last_uses(["a"]) == {}
    assert usage.find_health() is None
    row = LastUse("a", 1, 2, "", "", 3)
    assert Usage(Ledger(LastUseAnswer((row,))), {}).last_uses(["a"]) == {"a": row}


class Managing:
    """Implements OtherUses: `a` and `b` were used at the management API."""

    def last_uses(self, token_ids: Collection[str]) -> dict[str, LastUse]:
        uses = {"a": LastUse("a", 5, 50, "::1", "curl", 0), "b": LastUse("b", 5, 50, "::1", "curl", 0)}
        return {one: uses[one] for one in token_ids if one in uses}


@pytest.mark.parametrize(("first", "last", "where"), [(1, 40, "::1"), (7, 60, "192.0.2.1")])
def test_a_use_at_the_management_api_is_a_use(first: int, last: int, where: str) -> None:
    ledger = Ledger(LastUseAnswer((LastUse("a", first, last, "192.0.2.1", "python", 3),)))
    found = Usage(ledger, {}, Managing()).last_uses(["a", "b", "c"])
    assert found.keys() == {"a", "b"}
    assert (found["a"].first_ns, found["a"].last_ns, found["a"].calls) == (min(first, 5), max(last, 50), 3)
    assert (found["a"].last_address, found["b"].last_address) == (where, "::1")


def test_half_of_the_truth_is_not_told() -> None:
    usage = Usage(Ledger(Failure("usage.unavailable", "x")), {}, Managing())
    assert usage.last_uses(["a"]) == {}


def test_an_unknown_call_is_not_found() -> None:
    with pytest.raises(TollwayError, match=r"management\.not_found"):
        Usage(Ledger(CallAnswer(None)), {}).get_call("req_1")


def test_names_come_from_the_domain_of_each_dimension() -> None:
    usage = Usage(Ledger(CallAnswer(None)), {"token": Directory()})
    assert usage.names([("token", "a"), ("token", "b"), ("model", "m")]) == {("token", "a"): "Ada"}
