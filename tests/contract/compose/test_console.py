"""What the composer of the console refuses to build on."""

from pathlib import Path

import pytest

from tollway.compose.console import build_local_console
from tollway.kernel.errors import TollwayError
from tollway.settings.model import Settings


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    """Published, an empty database would end every token."""
    (tmp_path / "policy").mkdir()
    with pytest.raises(TollwayError) as caught:
        build_local_console(Settings(data=tmp_path))
    assert caught.value.code.name == "management.unavailable"
    assert "config.db is gone" in caught.value.public
    assert not (tmp_path / "config.db").exists()
