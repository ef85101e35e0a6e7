"""Which path prefixes a service may be published at. Pure."""

import re

from tollway.control.faults import Faults
from tollway.control.services.model import RESERVED_PREFIXES

PREFIX_CHARACTERS_MAX = 200
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+", re.ASCII)


def check_path_prefix(prefix: str, faults: Faults) -> None:
    """Add a fault unless the prefix is canonical, below the root, and not the gateway's own.

    Canonical: starts with `/`, no trailing slash, no empty or dot segment, nothing that needs percent-encoding.
    """
    segments = prefix.split("/")[1:]
    if not prefix.startswith("/") or len(prefix) > PREFIX_CHARACTERS_MAX or not all(map(_SEGMENT.fullmatch, segments)):
        faults.add("/path_prefix", "use a path such as /orders or /shop/orders, without a slash at its end")
    elif any(segment in (".", "..") for segment in segments):
        faults.add("/path_prefix", "dot segments cannot be part of a prefix")
    elif f"/{segments[0].lower()}" in RESERVED_PREFIXES:
        faults.add("/path_prefix", f"/{segments[0]} belongs to the gateway itself")
