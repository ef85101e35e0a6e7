"""Cross-site request forgery: which unsafe requests prove that they come from the console's own pages.

Two proofs are asked of a request that carries a session: where it comes from (Sec-Fetch-Site, or
Origin where a browser or scheme does not send it), and the value that only a page of the same origin
can have read. A request without a session needs the first only, which also stops sign-in forgery.
See https://www.w3.org/TR/fetch-metadata/ and https://www.rfc-editor.org/rfc/rfc6454.
"""

import hmac
from collections.abc import Mapping

HEADER = "x-tollway-csrf"
FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def comes_from_here(headers: Mapping[str, str]) -> bool:
    """Return whether browser headers say that one of our own pages, or the person directly, made the request.

    Without any such header no browser made it (all send Origin with unsafe methods); then a body that a
    foreign form could not have sent (JSON or YAML) is let through, a form is not.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is not None:
        host = headers.get("host", "")
        return bool(host) and origin in (f"http://{host}", f"https://{host}")
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type not in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")


def repeats(presented: str | None, csrf: str) -> bool:
    """Return whether the request repeats the session's value; compares in constant time."""
    return presented is not None and hmac.compare_digest(presented.encode(), csrf.encode())
