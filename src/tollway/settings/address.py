"""Listening addresses as people write them: `host:port`, `[::1]:8080`, `:8080`.

Pure text work: names are not resolved here.
"""

import ipaddress
import re
from dataclasses import dataclass

PORT_MAX = 65_535

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?)\]|(?P<host>[^\[\]:/\s]*)):(?P<port>[0-9]{1,5})", re.ASCII
)
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. An empty `host` means every interface; port 0 means any free port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def url(self, *, is_tls: bool) -> str:
        """Return a URL that a program on this machine can use; every interface is shown as loopback."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"{'https' if is_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read an address. Raises ValueError, saying what to write instead."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"not an address: {text!r} (write 127.0.0.1:8080, [::1]:8080 or :8080)")
    port = int(match["port"])
    if port > PORT_MAX:
        raise ValueError(f"not a port: {port} (at most {PORT_MAX})")
    if match["six"] is not None:
        return Address(_six(match["six"]), port)
    return Address(_host(match["host"]), port)


def _six(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError as error:
        raise ValueError(f"not an IPv6 address: [{text}]") from error


def _host(text: str) -> str:
    if text and not _HOST.fullmatch(text):
        raise ValueError(f"not a host name: {text!r}")
    # A name of digits and dots can only be meant as an IPv4 address, so 127.0.0.1.1 or 1.2.3 is a slip.
    if text and all(part.isdigit() for part in text.split(".")):
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError as error:
            raise ValueError(f"not an IPv4 address: {text!r}") from error
    return text.lower()
