"""Reads credentials and CA files by reference (port: control/upstreams/ports.py References)."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tollway.control.upstreams.ports import References

SECRET_BYTES_MAX = 65_536
CERTIFICATE_BYTES_MAX = 4_194_304
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class ProcessReferences:
    """Resolves `env:` in the given environment and `file:` on this machine."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @classmethod
    def of_this_process(cls) -> "ProcessReferences":
        """Resolve `env:` in this process's own environment."""
        return cls(os.environ)

    def resolve(self, reference: str) -> str:
        """Return what the reference stands for. Raises ValueError, naming the reference and never a value."""
        kind, _, name = reference.partition(":")
        if kind == "env":
            value = self._environment.get(name, "")
            if not value:
                raise ValueError(f"{reference} is not set in the console's environment")
            return value
        if kind == "file":
            return _read(Path(name), reference, SECRET_BYTES_MAX).strip()
        raise ValueError("a reference begins with env: or file:")

    def read_certificates(self, path: str) -> str:
        """Return the PEM certificates of a file, and nothing else of it. Raises ValueError."""
        found = _CERTIFICATE.findall(_read(Path(path), path, CERTIFICATE_BYTES_MAX))
        if not found:
            raise ValueError(f"{path} holds no certificate")
        return "\n".join(found) + "\n"


def _read(path: Path, reference: str, bytes_max: int) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as error:
        raise ValueError(f"{reference} cannot be read: {error.strerror}") from error
    if len(raw) > bytes_max:
        raise ValueError(f"{reference} is too long")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{reference} is not text") from error
    if not text.strip():
        raise ValueError(f"{reference} is empty")
    return text


_: type[References] = ProcessReferences
