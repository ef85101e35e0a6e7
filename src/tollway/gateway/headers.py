"""Which headers cross the gateway, in each direction.

Toward upstreams: credentials, cookies, hop-by-hop and identity headers never pass, whatever their spelling; ours are
set afterwards. Toward callers: nothing that acts on the gateway's origin as a whole.
"""

from tollway.gateway.ports import Headers

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"content-length",
        b"host",
        b"expect",
        b"http2-settings",
    }
)
"""RFC 9110 section 7.6.1, and what the upstream client writes itself."""

_PRIVATE = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "cookie2", "forwarded", "x-real-ip", "via",
     "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-url", "x-rewrite-url", "x-request-id", "x-user",
     "x-auth-user", "x-remote-user", "remote-user", "x-authenticated-user"}
)  # fmt: skip
_PRIVATE_PREFIXES = ("x-forwarded-", "x-tollway-", "sec-websocket-")
_ORIGIN_WIDE = frozenset(
    {b"strict-transport-security", b"clear-site-data", b"alt-svc", b"service-worker-allowed", b"public-key-pins",
     b"content-security-policy", b"x-content-type-options", b"x-request-id", b"server-timing", b"set-cookie2",
     b"proxy-authenticate"}
)  # fmt: skip
_FOLDED = bytes.maketrans(b"_.", b"--")
_DECISIONS_MAX = 4_096
_decisions: dict[bytes, bool] = {}


def fold(name: bytes) -> bytes:
    """Return the one spelling of a header's name that all spellings have in common which an upstream may read as one.

    Names are compared after folding `_` and `.` to `-`, because some upstreams read them as one
    (Traefik CVE-2026-39858 and its three sequels).
    """
    return name.translate(_FOLDED).lower()


def passes_upstream(name: bytes) -> bool:
    """Whether a caller's header may reach an upstream, however it is spelt."""
    known = _decisions.get(name)
    if known is None:
        folded = fold(name)
        text = folded.decode("latin-1")
        known = not (folded in HOP_BY_HOP or text in _PRIVATE or text.startswith(_PRIVATE_PREFIXES))
        if len(_decisions) < _DECISIONS_MAX:
            _decisions[name] = known
    return known


def request_headers(headers: Headers) -> Headers:
    """Return what of a caller's headers a REST upstream gets: all but private, hop-by-hop and Connection-named ones."""
    named: set[bytes] = set()
    for name, value in headers:
        if name == b"connection":
            named.update(token.strip().lower() for token in value.split(b","))
    return [item for item in headers if item[0] not in named and passes_upstream(item[0])]


def answer_headers(headers: Headers, *, keeps_cookies: bool) -> Headers:
    """Return what of an upstream's headers the caller gets."""
    return [
        item
        for item in headers
        if item[0] not in _ORIGIN_WIDE
        and item[0] not in HOP_BY_HOP
        and not item[0].startswith(b"x-tollway-")
        and (keeps_cookies or item[0] != b"set-cookie")
    ]
