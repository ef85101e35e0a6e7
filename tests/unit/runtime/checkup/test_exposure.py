"""What doctor says about the two ports."""

from pathlib import Path

import pytest

from tollway.runtime.checkup.exposure import check_exposure
from tollway.settings import fields


def severities(**values: object) -> dict[str, str]:
    settings = fields.build({key.replace("__", "."): value for key, value in values.items()})
    return {finding.check: finding.severity for finding in check_exposure(settings)}


def test_defaults_are_private() -> None:
    assert severities() == {"gateway port": "ok", "console port": "ok"}


@pytest.mark.parametrize("listen", [":8081", "0.0.0.0:8081", "10.0.0.7:8081", "[::]:8081"])
def test_console_on_the_network_without_tls_is_serious(listen: str) -> None:
    assert severities(console__listen=listen)["console port"] == "high"


def test_gateway_on_the_network_without_tls_is_a_warning() -> None:
    assert severities(gateway__listen=":8080")["gateway port"] == "warning"


def test_tls_or_a_proxy_with_it_is_enough() -> None:
    pem = Path("a.pem")
    assert severities(console__listen=":1", console__tls_certificate=pem, console__tls_key=pem)["console port"] == "ok"
    assert severities(console__listen=":1", console__public_url="https://c.example.com")["console port"] == "info"


def test_detectors_without_addresses_are_named() -> None:
    assert severities(gateway__record_addresses=False)["detectors"] == "warning"
    assert "detectors" not in severities(gateway__record_addresses=False, gateway__hash_addresses=True)


def test_settings_that_trust_everyone_are_named() -> None:
    found = severities(gateway__cors_origins=("*",), gateway__trusted_proxies=("0.0.0.0/0",))
    assert (found["browsers"], found["trusted proxies"]) == ("warning", "high")
    assert severities(console__trusted_proxies=("::/0",))["trusted proxies"] == "high"
    assert "trusted proxies" not in severities(console__trusted_proxies=("10.0.0.0/8",))
