"""Settings from their sources, in rising order: defaults, `tollway.toml`, `TOLLWAY_*` variables, flags.

This is the one module that reads the environment. Every fault of every source is reported together,
with its place. Nothing here changes anything.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tollway.settings import checks, fields, values
from tollway.settings.faults import Fault, InvalidSettings
from tollway.settings.model import Settings
from tollway.settings.toml_places import find_lines

DEFAULT_FILE = Path("tollway.toml")
FILE_VARIABLE = "TOLLWAY_CONFIG"

FLAGS: dict[str, str] = {
    "--data": "data",
    "--listen": "gateway.listen",
    "--console": "console.listen",
    "--workers": "gateway.workers",
}
"""Flags and the settings they set; `--config` names the file."""

# Kubernetes gives every container variables named after the services of its namespace; for a service called
# `tollway` or `tollway-gateway` they look like ours.
_SERVICE_LINK = re.compile(r"TOLLWAY(?:_[A-Z0-9_]+)?_(?:SERVICE_(?:HOST|PORT)(?:_.*)?|PORT(?:_[0-9]+_.*)?)")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where settings come from; kept by a server so that a reload reads the same places again.

    `flags` maps the flags of FLAGS to their text. `config` None means TOLLWAY_CONFIG, else `tollway.toml` in the
    working directory when there is one.
    """

    config: Path | None = None
    flags: Mapping[str, str] | None = None

    def load(self, environment: Mapping[str, str] | None = None) -> Settings:
        """Read everything again. Raises InvalidSettings."""
        return load(self, os.environ if environment is None else environment)


@dataclass(slots=True)
class _Found:
    """What the sources said so far: values and their places by key, and the faults."""

    values: dict[str, object]
    places: dict[str, str]
    faults: list[Fault]

    def take(self, setting: fields.Setting, place: str, raw: object) -> None:
        try:
            value = values.from_text(setting, raw) if isinstance(raw, _Text) else values.from_typed(setting, raw)
        except ValueError as error:
            self.faults.append(Fault(place, str(error)))
        else:
            self.values[setting.key] = value
        self.places[setting.key] = place


class _Text(str):
    """A value that came as text and has to be read by the setting's type."""

    __slots__ = ()


def load(sources: Sources, environment: Mapping[str, str]) -> Settings:
    """Merge the sources. Raises InvalidSettings with every fault.

    Relative paths in a file are relative to the file; in variables and flags, to the working directory. When a
    value cannot be read, checks that need it see its default, so that one slip is one fault.
    """
    found = _Found({}, {}, [])
    _read_file(found, _file(sources, environment))
    _read_environment(found, environment)
    for flag, text in (sources.flags or {}).items():
        found.take(fields.BY_KEY[FLAGS[flag]], flag, _Text(text))
    settings = fields.build(found.values)
    broken = {fault.place for fault in found.faults}
    for key, message in checks.find_faults(settings):
        place = found.places.get(key, key)
        if place not in broken:
            found.faults.append(Fault(place, message))
    if found.faults:
        raise InvalidSettings(tuple(found.faults))
    return settings


def _file(sources: Sources, environment: Mapping[str, str]) -> Path | None:
    named = sources.config or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    return named or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


def _read_file(found: _Found, path: Path | None) -> None:
    if path is None:
        return
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        found.faults.append(Fault(str(path), f"cannot be read: {error.strerror}"))
        return
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both ValueErrors.
        found.faults.append(Fault(str(path), f"is not TOML: {error}"))
        return
    lines = find_lines(text)
    for key, raw in _flatten(document):
        place = f"{path}:{lines[key]} {key}" if key in lines else f"{path} {key}"
        setting = fields.BY_KEY.get(key)
        if setting is None:
            found.faults.append(Fault(place, f"there is no such setting{_hint(key, fields.BY_KEY)}"))
            continue
        found.take(setting, place, raw)
        value = found.values.get(key)
        if isinstance(value, Path) and not value.is_absolute():
            found.values[key] = path.parent / value


def _flatten(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield dotted keys. A section that is no table, and a table that is no section, come out as unknown keys."""
    for name, raw in document.items():
        if name in fields.SECTIONS and isinstance(raw, dict):
            yield from ((f"{name}.{inner}", value) for inner, value in raw.items())
        else:
            yield name, raw


def _read_environment(found: _Found, environment: Mapping[str, str]) -> None:
    sections = tuple(f"{fields.VARIABLE_PREFIX}{section.upper()}_" for section in fields.SECTIONS)
    shortened = {f"{fields.VARIABLE_PREFIX}{s.name.upper()}": s for s in fields.ALL if s.section}
    for variable in sorted(environment):
        if not variable.startswith(fields.VARIABLE_PREFIX) or variable == FILE_VARIABLE:
            continue
        setting = fields.BY_VARIABLE.get(variable)
        if setting is not None:
            found.take(setting, variable, _Text(environment[variable]))
        elif variable in shortened:
            found.faults.append(
                Fault(variable, f"there is no such setting; did you mean {shortened[variable].variable}?")
            )
        elif variable.startswith(sections) and not _SERVICE_LINK.fullmatch(variable):
            found.faults.append(Fault(variable, f"there is no such setting{_hint(variable, fields.BY_VARIABLE)}"))


def _hint(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
