"""The defaults are those a fresh installation starts with."""

import dataclasses

import pytest

from tollway.settings.checks import find_faults
from tollway.settings.model import Settings


def test_defaults_listen_on_this_machine_only_and_have_no_faults() -> None:
    settings = Settings()
    assert settings.gateway.listen.startswith("127.0.0.1:")
    assert settings.console.listen.startswith("127.0.0.1:")
    assert list(find_faults(settings)) == []


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().gateway.workers = 2  # type: ignore[misc]
