"""How many calls each upstream has."""

from tollway.contract.ledger_api import InFlight
from tollway.contract.records import OpenRecord, encode
from tollway.ledger.in_flight import count_in_flight


def opened(request_id: str, *, provider_id: str = "", service_id: str = "") -> bytes:
    return encode(
        OpenRecord(
            request_id, 1, "POST", "/v1/chat/completions", "chat", provider_id=provider_id, service_id=service_id
        )
    )


def test_calls_are_counted_by_upstream_most_first() -> None:
    bodies = [
        opened("a", provider_id="prov_b"),
        opened("b", service_id="svc_a"),
        opened("c", provider_id="prov_a"),
        opened("d", provider_id="prov_a"),
    ]
    assert count_in_flight(bodies) == (
        InFlight("prov_a", "", 2),
        InFlight("", "svc_a", 1),
        InFlight("prov_b", "", 1),
    )


def test_nothing_in_flight_is_no_row() -> None:
    assert count_in_flight(()) == ()
