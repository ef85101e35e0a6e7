"""What a token's record says of its life survives the store, and records without it stay readable."""

import msgspec

from tollway.contract.life import ALWAYS_NS, Epoch, OldSecret, Quarantine
from tollway.contract.policy import VERSION, Snapshot, TokenRecord, decode_snapshot, decode_token, encode

PLAIN = TokenRecord(v=VERSION, id="t", mac=bytes(32), pepper_version=1, kind="s", name="n", state="active")


def test_a_whole_life_survives_the_store() -> None:
    record = msgspec.structs.replace(
        PLAIN,
        state="quarantined",
        not_before_ns=5,
        issued_ns=4,
        generation=3,
        old_secrets=(OldSecret(2, b"m" * 32, 1, ALWAYS_NS), OldSecret(1, b"n" * 32, 1, 7)),
        quarantine=Quarantine(("service_write", "websocket")),
        is_compromised=True,
    )
    assert decode_token(encode(record)) == record


def test_a_record_from_before_has_one_secret_and_no_quarantine() -> None:
    old = decode_token(encode(PLAIN))
    assert (old.generation, old.old_secrets, old.quarantine, old.not_before_ns, old.is_compromised) == (
        1,
        (),
        None,
        0,
        False,
    )
    # What is not set is not stored, so that a million plain tokens are no larger than before.
    assert b"generation" not in encode(PLAIN)


def test_epochs_survive_the_store_and_are_none_in_a_snapshot_from_before() -> None:
    snapshot = Snapshot(v=VERSION, revision=1, published_ns=0, epochs=(Epoch("team", "team_1", 9),), layout=2)
    assert decode_snapshot(encode(snapshot)) == snapshot
    before = decode_snapshot(encode(Snapshot(v=VERSION, revision=1, published_ns=0)))
    assert (before.epochs, before.layout) == ((), 1)
