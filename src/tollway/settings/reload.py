"""What a reload may change while the server runs.

Settings marked hot are taken up; the others keep their value until a restart, and are named so that the
operator learns of it.
"""

from tollway.settings import fields
from tollway.settings.model import Settings


def merge_hot(current: Settings, loaded: Settings) -> tuple[Settings, tuple[str, ...]]:
    """Return `current` with the hot settings of `loaded`, and the keys of changed settings that need a restart."""
    values: dict[str, object] = {}
    waiting: list[str] = []
    for setting in fields.ALL:
        now, then = fields.get(current, setting), fields.get(loaded, setting)
        values[setting.key] = then if setting.is_hot else now
        if now != then and not setting.is_hot:
            waiting.append(setting.key)
    return fields.build(values), tuple(waiting)
