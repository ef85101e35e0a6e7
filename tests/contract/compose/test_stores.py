"""A database that did not publish the policy store beside it is never published over it: every token would end."""

from dataclasses import replace
from pathlib import Path

import pytest

from kit.postgres import postgres_database, postgres_url
from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.adapters.storage.publication import SQLPublicationStore
from tollway.compose.stores import Stores, open_stores
from tollway.contract.policy import VERSION, Snapshot, encode
from tollway.kernel.clock import SystemClock
from tollway.kernel.errors import TollwayError
from tollway.settings.model import DatabaseSettings, Settings

__all__ = ["postgres_database", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """The settings of an installation of its own, on either engine."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    return Settings(data=tmp_path, database=DatabaseSettings(url=url))


def published(settings: Settings, *, by: str | None = None) -> str:
    """Open the stores, publish as `by` (default: the installation itself) and close them; return its id."""
    stores = open_stores(settings, SystemClock())
    installation = SQLPublicationStore(stores.database).installation()
    stores.policy.publish_snapshot(encode(Snapshot(VERSION, 1, 0, installation=by or installation)))
    close(stores)
    return installation


def close(stores: Stores) -> None:
    stores.policy.close()
    stores.database.close()


def refusal(settings: Settings) -> str:
    with pytest.raises(TollwayError) as caught:
        open_stores(settings, SystemClock())
    assert caught.value.code.name == "management.unavailable"
    return caught.value.public


def test_the_installation_that_published_is_opened_again(settings: Settings) -> None:
    published(settings)
    close(open_stores(settings, SystemClock()))


def test_another_installations_database_is_refused_with_what_to_do(settings: Settings) -> None:
    published(settings, by="another")
    text = refusal(settings)
    assert "another installation's" in text and str(settings.data / "policy") in text
    assert "postgresql://" not in text, "a URL may hold a password"


def test_an_empty_database_is_refused_and_left_empty(settings: Settings, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    published(Settings(data=old))
    beside = replace(settings, data=old)
    if settings.database.url:
        assert "is empty" in refusal(beside)
        assert "is empty" in refusal(beside), "it was not made"
    else:
        (old / "config.db").write_bytes(b"")
        assert "is empty" in refusal(beside)


def test_a_sqlite_file_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    published(settings)
    for path in tmp_path.glob("config.db*"):
        path.unlink()
    assert "config.db is gone" in refusal(settings)
    assert not (tmp_path / "config.db").exists()


def test_a_store_that_nobody_published_or_nobody_can_read_binds_to_nothing(tmp_path: Path) -> None:
    PolicyStoreWriter(tmp_path / "policy").close()
    close(open_stores(Settings(data=tmp_path), SystemClock()))
