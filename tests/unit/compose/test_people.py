"""Where passkeys belong follows from the console's own address."""

import pytest

from tollway.compose.people import find_place
from tollway.control.factors.model import Place


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://gw.example.com", Place("gw.example.com", "https://gw.example.com")),
        ("https://gw.example.com/", Place("gw.example.com", "https://gw.example.com")),
        ("https://gw.example.com:8443/console", Place("gw.example.com", "https://gw.example.com:8443")),
        ("http://localhost:8081", Place("localhost", "http://localhost:8081")),
        ("http://gw.localhost:8081", Place("gw.localhost", "http://gw.localhost:8081")),
        ("http://127.0.0.1:8081", Place("localhost", "http://localhost:8081")),
        ("http://[::1]:8081", Place("localhost", "http://localhost:8081")),
        ("http://gw.example.com", None),
        ("http://10.0.0.7:8081", None),
        ("https://10.0.0.7", None),
        ("http://0.0.0.0:8081", None),
        ("", None),
    ],
)
def test_passkeys_are_for_names_over_tls_and_for_this_machine(url: str, place: Place | None) -> None:
    assert find_place(url) == place


def test_the_default_port_is_not_part_of_an_origin() -> None:
    assert find_place("https://GW.example.com:443") == Place("gw.example.com", "https://gw.example.com")
    assert find_place("http://localhost:80") == Place("localhost", "http://localhost")
