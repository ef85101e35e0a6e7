"""Where tokens are used by calls alone, there is nothing beside what the ledger says."""

from tollway.control.usage.ports import NoOtherUses


def test_there_are_no_other_uses() -> None:
    assert NoOtherUses().last_uses(["a"]) == {}
