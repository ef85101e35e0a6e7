"""The list of settings is whole, and values survive the way through it."""

import dataclasses

from tollway.settings import fields
from tollway.settings.bounds import BOUNDS
from tollway.settings.model import GatewaySettings, Settings


def test_every_number_has_bounds_and_nothing_else_has() -> None:
    numbers = {setting.key for setting in fields.ALL if setting.kind in (int, float)}
    assert BOUNDS.keys() == numbers


def test_defaults_are_within_their_bounds() -> None:
    for key, (least, most) in BOUNDS.items():
        if key != "gateway.workers":  # The number of cores of this machine.
            assert least <= fields.BY_KEY[key].default <= most, key


def test_every_setting_says_what_it_is_for() -> None:
    assert all(setting.help for setting in fields.ALL)


def test_keys_and_variables_name_one_setting_each() -> None:
    assert len(fields.BY_KEY) == len(fields.BY_VARIABLE) == len(fields.ALL)
    assert fields.BY_VARIABLE["TOLLWAY_GATEWAY_LISTEN"].key == "gateway.listen"
    assert fields.BY_VARIABLE["TOLLWAY_DATA"].key == "data"


def test_build_changes_what_is_named_and_nothing_else() -> None:
    built = fields.build({"gateway.workers": 3})
    assert built == dataclasses.replace(Settings(), gateway=dataclasses.replace(GatewaySettings(), workers=3))


def test_get_reads_every_setting() -> None:
    settings = Settings()
    assert fields.build({s.key: fields.get(settings, s) for s in fields.ALL}) == settings
