"""What the composer of the console refuses to build on."""

from pathlib import Path

import pytest

from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.compose.console import build_local_console
from tollway.contract.policy import VERSION, Snapshot, encode
from tollway.kernel.errors import TollwayError
from tollway.settings.model import Settings


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    """Published, an empty database would end every token."""
    policy = PolicyStoreWriter(tmp_path / "policy")
    policy.publish_snapshot(encode(Snapshot(VERSION, 1, 0, installation="this one")))
    policy.close()
    with pytest.raises(TollwayError) as caught:
        build_local_console(Settings(data=tmp_path))
    assert caught.value.code.name == "management.unavailable"
    assert "config.db is gone" in caught.value.public
    assert not (tmp_path / "config.db").exists()
