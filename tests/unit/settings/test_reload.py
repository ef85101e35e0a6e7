"""A reload takes up hot settings and names the others that changed."""

from tollway.settings import fields
from tollway.settings.model import Settings
from tollway.settings.reload import merge_hot


def test_hot_settings_are_taken_up_and_static_ones_wait() -> None:
    loaded = fields.build({"log.level": "debug", "gateway.listen": ":1", "limits.headers_max": 50})
    merged, waiting = merge_hot(Settings(), loaded)
    assert merged == fields.build({"log.level": "debug"})
    assert waiting == ("gateway.listen", "limits.headers_max")


def test_nothing_changed_means_nothing_waits() -> None:
    assert merge_hot(Settings(), Settings()) == (Settings(), ())
