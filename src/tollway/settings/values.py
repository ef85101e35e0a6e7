"""One raw value, from a file, a variable or a flag, to its type.

Values in a file are typed already and are never guessed at: `workers = "4"` is a fault. Variables and
most flags are text. Numbers are plain: seconds, bytes and days as the name of the setting says.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from tollway.settings.bounds import BOUNDS
from tollway.settings.fields import KINDS, Setting

_WHOLE = re.compile(r"-?[0-9]{1,18}(?:_[0-9]+)*", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?", re.ASCII)
_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def from_text(setting: Setting, text: str) -> object:
    """Read a variable or flag. Lists are separated by commas; an empty text means none. Raises ValueError."""
    kind, text = setting.kind, text.strip()
    if kind is tuple:
        return from_typed(setting, [part.strip() for part in text.split(",") if part.strip()])
    if setting.is_optional and not text:
        return None
    if kind is bool and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    if kind is int and _WHOLE.fullmatch(text):
        return from_typed(setting, int(text))
    if kind is float and _NUMBER.fullmatch(text):
        return from_typed(setting, float(text))
    if kind in (int, float, bool):
        raise ValueError(
            f"must be a {KINDS[kind]}, not {text!r}" if kind is not bool else f"must be true or false, not {text!r}"
        )
    return from_typed(setting, text)


def from_typed(setting: Setting, raw: object) -> object:
    """Check a value that already has a type. Raises ValueError, saying what would be right."""
    kind = setting.kind
    if kind is float and type(raw) is int:
        raw = float(raw)
    if kind is tuple:
        return _texts(raw)
    if kind is Path:
        return _path(raw)
    if type(raw) is not kind:
        raise ValueError(f"must be a {KINDS[kind]}, not {raw!r}")
    if setting.choices and raw not in setting.choices:
        raise ValueError(f"must be one of {', '.join(setting.choices)}, not {raw!r}")
    if isinstance(raw, int | float) and setting.key in BOUNDS:
        least, most = BOUNDS[setting.key]
        if not least <= raw <= most:
            raise ValueError(f"must be between {_plain(least)} and {_plain(most)}, not {_plain(raw)}")
    return raw


def _texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not all(type(item) is str and item for item in raw):
        raise ValueError(f"must be a list of texts, not {raw!r}")
    return tuple(raw)


def _path(raw: object) -> Path:
    if not isinstance(raw, str | Path) or not str(raw) or "\0" in str(raw):
        raise ValueError(f"must be a path, not {raw!r}")
    return Path(raw)


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) and not number.is_integer() else str(int(number))
