"""The list of all settings, derived from the types in `model.py`.

Loader, documentation and reload read this one list, so that a new field needs a line in `model.py`
(and its bounds, when it is a number, in `bounds.py`) and nothing else.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tollway.settings.model import Settings

VARIABLE_PREFIX = "TOLLWAY_"


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `section` is empty for those at the top of the file; `choices` only for closed sets."""

    section: str
    name: str
    kind: type
    choices: tuple[str, ...]
    is_optional: bool
    default: object
    help: str
    is_hot: bool

    @property
    def key(self) -> str:
        """The name in messages and documentation, such as `gateway.listen`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return VARIABLE_PREFIX + self.key.replace(".", "_").upper()


def _scan() -> Iterator[Setting]:
    for top in dataclasses.fields(Settings):
        kind = get_type_hints(Settings)[top.name]
        if not dataclasses.is_dataclass(kind):
            yield _describe("", top, kind)
            continue
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield _describe(top.name, field, hints[field.name])


def _describe(section: str, field: "dataclasses.Field[Any]", hint: Any) -> Setting:
    is_optional, choices = False, ()
    if isinstance(hint, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        is_optional = True
    if get_origin(hint) is Literal:
        hint, choices = str, get_args(hint)
    if get_origin(hint) is tuple:
        hint = tuple
    return Setting(
        section=section,
        name=field.name,
        kind=hint,
        choices=choices,
        is_optional=is_optional,
        default=field.default,
        help=field.metadata["help"],
        is_hot=field.metadata["hot"],
    )


ALL: tuple[Setting, ...] = tuple(_scan())
BY_KEY: dict[str, Setting] = {setting.key: setting for setting in ALL}
BY_VARIABLE: dict[str, Setting] = {setting.variable: setting for setting in ALL}
SECTIONS: tuple[str, ...] = tuple(dict.fromkeys(setting.section for setting in ALL if setting.section))

KINDS: dict[type, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    tuple: "list of texts",
}
"""What a kind is called in messages and documentation."""


def get(settings: Settings, setting: Setting) -> object:
    """Return the value of one setting."""
    holder: object = getattr(settings, setting.section) if setting.section else settings
    return getattr(holder, setting.name)


def build(values: dict[str, object]) -> Settings:
    """Build Settings from values by key; what is missing keeps its default. Trusts its input."""
    settings = Settings()
    for section in SECTIONS:
        chosen = {s.name: values[s.key] for s in ALL if s.section == section and s.key in values}
        settings = dataclasses.replace(settings, **{section: dataclasses.replace(getattr(settings, section), **chosen)})
    top: dict[str, Any] = {s.name: values[s.key] for s in ALL if not s.section and s.key in values}
    return dataclasses.replace(settings, **top)
