"""Policy records survive the way to the workers; damaged and foreign ones are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract import policy

NAMES = st.none() | st.lists(st.text(max_size=8), max_size=3).map(tuple)
TOKENS = st.builds(
    policy.TokenRecord,
    v=st.just(policy.VERSION),
    id=st.text(max_size=12),
    mac=st.binary(max_size=32),
    pepper_version=st.integers(0, 2**31),
    kind=st.sampled_from(["s", "p"]),
    name=st.text(max_size=20),
    state=st.sampled_from(["active", "disabled", "revoked"]),
    expires_ns=st.none() | st.integers(0, 2**63 - 1),
    models=NAMES,
    services=NAMES,
    limits=st.just(policy.Limits(budgets=(policy.Budget("bud_1", "month", 5, "month"),))),
)


@given(TOKENS)
def test_tokens_read_back(record: policy.TokenRecord) -> None:
    """No models and any model, no expiry and an expiry at 0, stay apart."""
    assert policy.decode_token(policy.encode(record)) == record


def test_applications_and_snapshots_read_back() -> None:
    application = policy.ApplicationRecord(policy.VERSION, "app_1", "shop", "team_1", "active")
    assert policy.decode_application(policy.encode(application)) == application
    snapshot = policy.Snapshot(policy.VERSION, 7, 8)
    assert policy.decode_snapshot(policy.encode(snapshot)) == snapshot


@pytest.mark.parametrize("decode", [policy.decode_token, policy.decode_application, policy.decode_snapshot])
@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x80", b"\x93\x01\x02\x03"])
def test_damaged_records_are_refused(decode: object, raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(raw)  # type: ignore[operator]


def test_records_of_another_version_are_refused_not_guessed_at() -> None:
    raw = policy.encode(policy.Snapshot(policy.VERSION + 1, 7, 8))
    with pytest.raises(ValueError, match=f"version {policy.VERSION + 1}"):
        policy.decode_snapshot(raw)
