"""The session cookie: `__Host-tollway` over TLS, `tollway` on plain HTTP, where browsers refuse the prefix; the one of
a sign-in that waits for its second step; and the one by which a browser is known again, which opens nothing.

Each carries 256 random bits and nothing else (RFC 6265bis: `__Host-` needs Secure, Path=/ and no Domain).
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

_SECURE_NAME = "__Host-tollway"
_PLAIN_NAME = "tollway"
_SECURE_HALF = "__Host-tollway-half"
_PLAIN_HALF = "tollway-half"
_SECURE_DEVICE = "__Host-tollway-device"
_PLAIN_DEVICE = "tollway-device"
_SECRET_CHARS_MAX = 64
_DEVICE_SECONDS = 400 * 86_400
"""The longest that browsers keep a cookie (RFC 6265bis section 5.5)."""


def find_session(connection: HTTPConnection) -> str | None:
    """Return the session secret that the browser sent, if any."""
    secret = connection.cookies.get(_name(connection))
    return secret if secret and len(secret) <= _SECRET_CHARS_MAX else None


def set_session(connection: HTTPConnection, response: Response, secret: str) -> None:
    """Give the browser a session. A session cookie on purpose: it ends with the browser, and on the server anyway."""
    response.set_cookie(
        _name(connection), secret, path="/", secure=_is_secure(connection), httponly=True, samesite="lax"
    )
    response.headers["cache-control"] = "no-store"


def clear_session(connection: HTTPConnection, response: Response) -> None:
    """Take the session away from the browser."""
    response.delete_cookie(_name(connection), path="/", secure=_is_secure(connection), httponly=True, samesite="lax")


def find_half(connection: HTTPConnection) -> str | None:
    """Return the secret of a half-done sign-in that the browser sent, if any."""
    secret = connection.cookies.get(_half_name(connection))
    return secret if secret and len(secret) <= _SECRET_CHARS_MAX else None


def set_half(connection: HTTPConnection, response: Response, secret: str) -> None:
    """Give the browser a half-done sign-in, under the session cookie's own rules."""
    response.set_cookie(
        _half_name(connection), secret, path="/", secure=_is_secure(connection), httponly=True, samesite="lax"
    )
    response.headers["cache-control"] = "no-store"


def clear_half(connection: HTTPConnection, response: Response) -> None:
    """Take a half-done sign-in away from a browser that has one."""
    if _half_name(connection) in connection.cookies:
        secure = _is_secure(connection)
        response.delete_cookie(_half_name(connection), path="/", secure=secure, httponly=True, samesite="lax")


def find_device(connection: HTTPConnection) -> str:
    """Return the secret by which the browser is known again, "" when it has none."""
    secret = connection.cookies.get(_device_name(connection))
    return secret if secret and len(secret) <= _SECRET_CHARS_MAX else ""


def set_device(connection: HTTPConnection, response: Response, secret: str) -> None:
    """Let the browser be known again at the next sign-in, for 400 days from now."""
    response.set_cookie(
        _device_name(connection),
        secret,
        max_age=_DEVICE_SECONDS,
        path="/",
        secure=_is_secure(connection),
        httponly=True,
        samesite="strict",
    )


def _is_secure(connection: HTTPConnection) -> bool:
    return connection.scope["scheme"] == "https" or bool(connection.app.state.services.is_behind_tls)


def _device_name(connection: HTTPConnection) -> str:
    return _SECURE_DEVICE if _is_secure(connection) else _PLAIN_DEVICE


def _half_name(connection: HTTPConnection) -> str:
    return _SECURE_HALF if _is_secure(connection) else _PLAIN_HALF


def _name(connection: HTTPConnection) -> str:
    return _SECURE_NAME if _is_secure(connection) else _PLAIN_NAME
