"""Health, readiness and metrics of the console port."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from kit.console import Console
from tollway.web.health import write_openmetrics
from tollway.web.ports import Check, Stat


def test_health_says_only_that_the_process_answers(console: Console) -> None:
    answer = console.client(peer="192.0.2.7").get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_readiness_says_why_not_on_this_machine_only(console: Console) -> None:
    console.readiness.found = (Check("ledger", False, "it is 20 MiB behind"),)
    here, far = console.client().get("/readyz"), console.client(peer="192.0.2.7").get("/readyz")
    assert here.status_code == far.status_code == 503
    assert here.json()["checks"] == [{"name": "ledger", "ready": False, "detail": "it is 20 MiB behind"}]
    assert far.json() == {"ready": False}


def test_metrics_are_openmetrics_and_for_this_machine_only(console: Console) -> None:
    answer = console.client().get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    (family,) = text_string_to_metric_families(answer.text)
    assert (family.name, family.type, family.samples[0].value) == ("tollway_requests", "counter", 7)
    assert console.client(peer="192.0.2.7").get("/metrics").status_code == 403
    assert console.operator().get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "header", [("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "for=192.0.2.7"), ("X-Real-IP", "::1"), ("Via", "1.1 p")]
)
def test_what_a_proxy_on_this_machine_passes_on_was_not_asked_here(console: Console, header: tuple[str, str]) -> None:
    """Otherwise a proxy in front of the console would publish the figures."""
    headers = dict([header])
    assert console.client().get("/metrics", headers=headers).status_code == 403
    assert console.client().get("/readyz", headers=headers).json() == {"ready": True}


def test_families_stay_together_and_labels_are_escaped() -> None:
    text = write_openmetrics(
        [
            Stat("b_total", "counter", "two", 1, (("w", "0"),)),
            Stat("a", "gauge", 'say "x"\\', 2.5, (("w", 'q"\\\n'),)),
            Stat("b_total", "counter", "two", 3, (("w", "1"),)),
            Stat("a", "gauge", "lost", float("nan")),
        ]
    )
    families = list(text_string_to_metric_families(text))
    assert [(family.name, len(family.samples)) for family in families] == [("tollway_a", 1), ("tollway_b", 2)]
    assert families[0].samples[0].labels == {"w": 'q"\\\n'}
