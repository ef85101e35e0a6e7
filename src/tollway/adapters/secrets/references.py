"""Reads the credentials that `env:NAME` and `file:PATH` stand for, in the console's process.

What people who may edit providers can name must not open what they may not read: the gateway's own variables
and the files of its data directory are refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from tollway.control.upstreams.ports import References

CREDENTIAL_BYTES_MAX = 8_192
CERTIFICATES_BYTES_MAX = 1_048_576
_OWN_VARIABLES = "TOLLWAY_"
_PRINTABLE = re.compile(r"[\x21-\x7e][\x20-\x7e]*", re.ASCII)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----", re.ASCII)


class LocalReferences:
    """Implements References on this process's environment and files."""

    def __init__(self, environment: Mapping[str, str], data: Path) -> None:
        self._environment = environment
        self._data = data.resolve()

    def resolve(self, reference: str) -> str:
        """Return the value of `env:NAME` or the stripped content of `file:PATH`. Raises ValueError."""
        kind, _, name = reference.partition(":")
        if kind == "env":
            value = self._variable(name)
        elif kind == "file":
            value = self._read(name, CREDENTIAL_BYTES_MAX).strip()
        else:
            raise ValueError("a reference begins with env: or file:")
        if not _PRINTABLE.fullmatch(value):
            raise ValueError(f"{reference} is empty or is not one line of printable ASCII characters")
        return value

    def read_certificates(self, path: str) -> str:
        """Return the PEM certificates of a CA file, and nothing else of it. Raises ValueError."""
        found: list[str] = _CERTIFICATE.findall(self._read(path, CERTIFICATES_BYTES_MAX))
        if not found:
            raise ValueError(f"{path} holds no PEM certificate")
        return "\n".join(found) + "\n"

    def _variable(self, name: str) -> str:
        if name.startswith(_OWN_VARIABLES):
            raise ValueError(f"env:{name} is a setting of the gateway itself")
        if name not in self._environment:
            raise ValueError(f"the variable {name} is not set where the gateway runs")
        return self._environment[name].strip()

    def _read(self, name: str, bytes_max: int) -> str:
        path = Path(name)
        try:
            if path.resolve().is_relative_to(self._data):
                raise ValueError(f"{name} lies in the data directory")
            if not path.is_file():
                raise ValueError(f"{name} is not a file")
            with path.open("rb") as file:
                content = file.read(bytes_max + 1)
        except OSError as error:
            raise ValueError(f"{name} cannot be read: {error.strerror}") from error
        if len(content) > bytes_max:
            raise ValueError(f"{name} is longer than {bytes_max} bytes")
        return content.decode("ascii", errors="replace")


_: type[References] = LocalReferences
