"""Chains are made anew with every record they follow from, and remembered for no more callers than there is room."""

from tollway.contract.policy import VERSION, ApplicationRecord, Snapshot, TokenRecord
from tollway.contract.rights import NameRights, Rights
from tollway.gateway import chains
from tollway.gateway.chains import Chains
from tollway.gateway.room import NO_CLAIMS
from tollway.gateway.subjects import Caller
from tollway.policy.levels import compile_levels

RIGHTS = Rights(models=NameRights(deny=("a",)))


def caller(token_id: str, rights: Rights = RIGHTS, application: ApplicationRecord | None = None) -> Caller:
    """Return a caller as the store gives it."""
    token = TokenRecord(VERSION, token_id, b"", 1, "s", "t", "active", rights=rights)
    return Caller(token, application, NO_CLAIMS, is_ruled=True)


def test_the_same_records_give_the_same_chain_and_others_another() -> None:
    known, levels = Chains(), compile_levels(Snapshot(VERSION, 1, 0))
    first = caller("a")
    chain = known.find(first, levels)
    assert known.find(first, levels) is chain
    assert known.find(caller("a"), levels) is not chain
    application = ApplicationRecord(VERSION, "app", "shop", "team", "active", rights=RIGHTS)
    assert len(known.find(caller("a", application=application), levels)) == 2
    assert len(known.find(first, compile_levels(Snapshot(VERSION, 2, 0, rights=RIGHTS)))) == 2


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(chains, "REMEMBERED_MAX", 3)
    known, levels = Chains(), compile_levels(Snapshot(VERSION, 1, 0))
    for number in range(10):
        assert known.find(caller(f"t{number}"), levels)[0].level.kind == "token"
    assert len(known._known) == 3
