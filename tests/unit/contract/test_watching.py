"""Thresholds and findings survive the way between console and ledger; what is no threshold is refused."""

from typing import get_args

import msgspec
import pytest

from tollway.contract.watching import (
    DEFAULTS,
    LADDER,
    NOTIFY_ONLY,
    Detector,
    Expected,
    Finding,
    Spike,
    Thresholds,
    WatchPolicy,
)


def test_there_is_a_rule_for_each_detector() -> None:
    assert set(Thresholds.__struct_fields__) == set(get_args(Detector))
    assert all(DEFAULTS.rule(detector).mode == "on" for detector in get_args(Detector))
    assert set(get_args(Detector)) > NOTIFY_ONLY and LADDER[0] == "notify"


def test_a_policy_and_a_finding_are_read_as_they_were_written() -> None:
    policy = WatchPolicy(3, DEFAULTS, {"t": Thresholds(spike=Spike(factor=9))}, ("id",), (Expected("spike", "id"),))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(policy), type=WatchPolicy) == policy
    finding = Finding("spike", "id", 5, "high", "t", "requests", {"a": 1, "b": True, "c": "x"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(finding), type=Finding) == finding


@pytest.mark.parametrize(
    "raw", [b'{"spike":{"factor":0.5}}', b'{"spike":{"factr":2}}', b'{"spik":{}}', b'{"spike":{"mode":"x"}}']
)
def test_what_is_no_threshold_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=Thresholds)


def test_the_defaults_are_within_their_own_bounds() -> None:
    every = {}
    for name in get_args(Detector):
        rule = DEFAULTS.rule(name)
        every[name] = {field: getattr(rule, field) for field in rule.__struct_fields__}
    assert msgspec.convert(every, Thresholds) == DEFAULTS
