"""How something is reached over HTTP: its connection and its keys, changed together. Providers and services both are.

Law: a secret is bound to where it is sent. Keys and the values of fixed headers stay only while scheme, host and port
of the base URL stay, and over plain HTTP the proxy that sees them; the proxy's login stays only while the proxy does.
A variable or a file of the server is sent where its editor says, and the machine's own addresses answer whoever calls
through it: only who may do so for every team may name one.
"""

from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit

from msgspec import UNSET, UnsetType

from tollway.contract.policy import Upstream
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.faults import Faults
from tollway.control.upstreams.connection import change_connection, origin
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.guarded_addresses import opens_guarded
from tollway.control.upstreams.model import STORED, Connection, ConnectionChange, Key
from tollway.control.upstreams.ports import UpstreamCheck
from tollway.kernel.secret import Secret

_FIELDS = ("base_url", "proxy_url")
_NOT_YOURS = "variables and files of the server are named by who may do this for every team"
_VALUE_STAYS = "its value stays only while scheme, host and port of the base URL do: write the value"
_NO_VALUE = "no value of this header is stored: write the value"
_GUARDED = (
    "this holds addresses of the machine itself or of its cloud, which are allowed by who may do this for every team; "
    "give a narrower block, such as 10.0.0.0/8"
)


class Reachable(Protocol):
    """What is reached."""

    @property
    def connection(self) -> Connection:
        """How it is connected to."""
        ...

    @property
    def keys(self) -> tuple[Key, ...]:
        """What is sent there."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """A connection and its keys after a change, and whether keys or headers were cleared, since it points elsewhere."""

    connection: Connection
    keys: tuple[Key, ...]
    credentials_cleared: bool


class Reaching:
    """Changes how things are reached."""

    def __init__(self, credentials: Credentials, check: UpstreamCheck) -> None:
        self._credentials = credentials
        self._check = check

    def change(
        self,
        before: Reachable,
        change: ConnectionChange,
        credentials: tuple[Secret[str], ...] | UnsetType,
        faults: Faults,
        *,
        sight: Sight,
    ) -> Reach:
        """Return connection and keys with what is given; `credentials` replaces all keys. `sight` is the changer's.

        Raises management.invalid with all that was found, `faults` among it.
        """
        found = Faults()
        kept_headers = _kept_headers(change)
        change = _with_stored_values(before.connection, change, found)
        connection = self._change_connection(before.connection, change, found)
        faults.extend("", found.found)
        faults.check()
        is_same = _is_same_way(before.connection, connection)
        for name in () if is_same else kept_headers:
            faults.add(f"/headers/{name}", _VALUE_STAYS)
        kept = before.keys if is_same else ()
        keys = kept if credentials is UNSET else self._credentials.build(credentials, kept, faults)
        if sight.reach is not EVERYWHERE.reach:
            _check_own_of_server(before, kept, Reach(connection, keys, False), faults)
        faults.check()
        cleared = not is_same and bool(before.keys)
        if not is_same and change.headers is UNSET and connection.headers:
            connection, cleared = replace(connection, headers=()), True
        return Reach(connection, keys, credentials_cleared=cleared)

    def _change_connection(self, before: Connection, change: ConnectionChange, faults: Faults) -> Connection:
        change = _with_login_apart(change, faults)
        connection = change_connection(before, change, faults)
        if not faults.found:
            self._check_upstream(connection, faults)
        if faults.found:
            return connection
        return replace(connection, proxy_key=self._proxy_key(before, connection, change.proxy_credential, faults))

    def _check_upstream(self, connection: Connection, faults: Faults) -> None:
        upstream = Upstream(connection.base_url, connection.allow_private, proxy_url=connection.proxy_url)
        try:
            self._check(upstream)
        except ValueError as error:
            field, _, rest = str(error).partition(" ")
            faults.add(f"/{field}" if field in _FIELDS else "/base_url", rest if field in _FIELDS else str(error))

    def _proxy_key(
        self, before: Connection, after: Connection, wanted: Secret[str] | UnsetType | None, faults: Faults
    ) -> Key | None:
        if after.proxy_url is None:
            if isinstance(wanted, Secret):
                faults.add("/proxy_credential", "there is no proxy that it is for")
            return None
        is_same = before.proxy_url is not None and _is_same_place(before.proxy_url, after.proxy_url)
        kept = before.proxy_key if is_same else None
        if not isinstance(wanted, Secret):
            return kept if wanted is UNSET else None
        text = wanted.reveal()
        if ":" not in text and text != STORED:
            faults.add("/proxy_credential", "write user:password, env:NAME or file:PATH")
            return kept
        found = Faults()
        keys = self._credentials.build((wanted,), () if kept is None else (kept,), found)
        for fault in found.found:
            faults.add("/proxy_credential", fault.message)
        # Nothing of it is shown: its end is the end of a password.
        return replace(keys[0], masked=keys[0].reference or "…") if keys else None


def _with_login_apart(change: ConnectionChange, faults: Faults) -> ConnectionChange:
    """Return the change with the login of `http://user:password@proxy` in its own field, where it will be sealed."""
    url = change.proxy_url
    if not isinstance(url, str) or "@" not in url:
        return change
    try:
        parts = urlsplit(url)
        login, _, place = parts.netloc.rpartition("@")
    except ValueError:
        login = ""
    if not login:
        return change
    if isinstance(change.proxy_credential, Secret):
        faults.add("/proxy_url", "give the login here or as `proxy_credential`, not both")
    user, _, password = login.partition(":")
    secret = Secret(f"{unquote(user)}:{unquote(password)}")
    return replace(change, proxy_url=parts._replace(netloc=place).geturl(), proxy_credential=secret)


def _kept_headers(change: ConnectionChange) -> tuple[str, ...]:
    """Return the names of the headers that are to keep the value they have."""
    return () if change.headers is UNSET else tuple(name for name, value in change.headers if value is UNSET)


def _with_stored_values(before: Connection, change: ConnectionChange, faults: Faults) -> ConnectionChange:
    """Return the change with the stored value of each header that is to keep it; add a fault for one that has none."""
    if change.headers is UNSET:
        return change
    stored = dict(before.headers)
    headers: list[tuple[str, str]] = []
    for name, value in change.headers:
        known = stored.get(name.lower()) if value is UNSET else value
        if known is None:
            faults.add(f"/headers/{name}", _NO_VALUE)
        else:
            headers.append((name, known))
    return replace(change, headers=tuple(headers))


def _check_own_of_server(before: Reachable, kept: tuple[Key, ...], after: Reach, faults: Faults) -> None:
    """Add a fault for all of the server's own that is newly reached for: variables, files, and guarded addresses."""
    known = {key.reference for key in kept}
    for index, key in enumerate(after.keys):
        if key.reference and key.reference not in known:
            faults.add(f"/credentials/{index}", f"{_NOT_YOURS}; enter the key itself")
    login = after.connection.proxy_key
    if login is not None and login.reference and login != before.connection.proxy_key:
        faults.add("/proxy_credential", f"{_NOT_YOURS}; enter the login itself")
    authority = after.connection.ca_file
    if authority is not None and authority != before.connection.ca_file:
        faults.add("/ca_file", _NOT_YOURS)
    for index, block in enumerate(after.connection.allow_private):
        if block not in before.connection.allow_private and opens_guarded(block):
            faults.add(f"/allow_private/{index}", _GUARDED)


def _is_same_way(before: Connection, after: Connection) -> bool:
    """Whether nobody sees what is sent after who did not see it before: the same origin, by no other proxy.

    Over TLS a proxy sees nothing; over plain HTTP it sees all.
    """
    if not _is_same_place(before.base_url, after.base_url):
        return False
    if not before.base_url or after.proxy_url is None or origin(after.base_url)[0] == "https":
        return True
    return before.proxy_url is not None and _is_same_place(before.proxy_url, after.proxy_url)


def _is_same_place(before: str, after: str) -> bool:
    """Whether what was sent to one URL may be sent to the other; "" is where nothing was sent yet."""
    return not before or origin(before) == origin(after)
