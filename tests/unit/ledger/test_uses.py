"""Uses of tokens, their addresses and their replaced secrets, out of calls."""

import pytest

from kit.calls import call, counted
from kit.ledger_calls import make_close, make_open
from tollway.contract.ledger_api import ADDRESSES_KEPT, AddressUse
from tollway.contract.records import CloseRecord, encode
from tollway.ledger import uses
from tollway.ledger.uses import SeenAddresses, address_uses, find_old_secret, last_uses, secret_uses


@pytest.mark.parametrize(("old_secret", "trace_id"), [("", ""), ("", "a0" * 16), ("3", ""), ("128", "ff" * 16)])
def test_a_replaced_secret_is_found_from_the_last_byte(old_secret: str, trace_id: str) -> None:
    record = make_close(make_open(), old_secret=old_secret, trace_id=trace_id)
    found = find_old_secret(encode(record))
    assert (found.old_secret if found else "") == old_secret


@pytest.mark.parametrize("trace_id", ["", "00000000000000000000000000000007"])
def test_a_record_of_an_older_program_is_read_and_has_no_replaced_secret(trace_id: str) -> None:
    """Its last field is the trace id; whatever it ends in must not be taken for a generation."""
    body = encode(make_close(make_open(), trace_id=trace_id))
    # One field fewer: the array's length is the third byte, the empty text the last.
    assert body[:2] == b"\xdc\x00"
    older = body[:2] + bytes([body[2] - 1]) + body[3:-1]
    assert find_old_secret(older) is None


def test_what_was_refused_for_the_tokens_own_state_is_no_use() -> None:
    cells = counted(
        [
            call(9, status=401, outcome="refused"),
            call(8, status=429, outcome="refused", client_agent="last/1"),
            call(7, status=401),
            call(1, token_id=""),
            call(5, token_id="gone", outcome="refused", status=401),
        ]
    )
    (use,) = last_uses(cells)
    assert (use.token_id, use.last_ns - use.first_ns, use.last_agent, use.calls) == ("tokA", 10**9, "last/1", 2)
    (where,) = address_uses(cells)
    assert (where.token_id, where.first_ns, where.last_ns, where.calls) == ("tokA", use.first_ns, use.last_ns, 2)


def test_the_last_use_is_the_latest_call_in_whatever_cell() -> None:
    calls = [call(90, client_address="192.0.2.9", client_agent="late/1"), call(10), call(70, client_agent="other/1")]
    (use,) = last_uses(counted(calls))
    assert (use.last_address, use.last_agent, use.calls) == ("192.0.2.9", "late/1", 3)
    assert use.first_ns == calls[1][0].started_ns and use.last_ns == calls[0][0].started_ns


def test_of_a_token_the_addresses_used_last_are_kept() -> None:
    calls = [call(number, client_address=f"192.0.2.{number}") for number in range(20)]
    found = address_uses(counted([*calls, call(30, client_address="")]))
    assert {use.address for use in found} == {f"192.0.2.{number}" for number in range(20 - ADDRESSES_KEPT, 20)}


def test_uses_of_a_replaced_secret_add_up_by_generation() -> None:
    def call(at: int, generation: str, **fields: object) -> CloseRecord:
        return make_close(make_open(at), old_secret=generation, client_address=f"192.0.2.{at}", **fields)

    found = secret_uses(
        [call(1, "1"), call(3, "1"), call(2, "1"), call(4, "2"), call(5, "2", outcome="refused", status=401)]
    )
    assert [(use.generation, use.first_ns, use.last_ns, use.last_address, use.calls) for use in found] == [
        ("1", 1, 3, "192.0.2.3", 3),
        ("2", 4, 4, "192.0.2.4", 1),
    ]


def test_only_a_token_with_an_address_not_seen_lately_may_have_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "SEEN_MAX", 2)
    seen = SeenAddresses()

    def use(address: str) -> AddressUse:
        return AddressUse("tok", address, 1, 1, "", 1)

    assert seen.find_crowded([use("a"), use("b")]) == ["tok"]
    assert seen.find_crowded([use("b"), use("a")]) == []
    assert seen.find_crowded([use("c")]) == ["tok"]
    assert seen.find_crowded([use("b")]) == ["tok"]  # forgotten: looked at once more than needed, never once less


def test_the_generation_is_the_records_last_field() -> None:
    """What the last byte tells depends on it; a new field goes before it."""
    assert CloseRecord.__struct_fields__[-1] == "old_secret"
