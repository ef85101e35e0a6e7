"""Builds what knows people: sessions, second factors, and the place where passkeys belong."""

import ipaddress
from urllib.parse import urlsplit

import msgspec

from tollway.adapters.passkeys import WebAuthnVerifier
from tollway.adapters.secrets import KeyRing
from tollway.adapters.storage.factors import SQLFactorStore
from tollway.adapters.storage.sessions import SQLSessionStore, SQLThrottleStore
from tollway.compose.stores import Stores
from tollway.control.factors.checking import CheckParts, Checks
from tollway.control.factors.model import Place
from tollway.control.factors.service import FactorParts, Factors
from tollway.control.ports import Trail
from tollway.control.sessions.keeping import Lifetimes
from tollway.control.sessions.passwords import Argon2Hasher
from tollway.control.sessions.ports import AccountNotices
from tollway.control.sessions.service import Service as Sessions
from tollway.control.sessions.service import ServiceParts
from tollway.kernel.clock import Clock
from tollway.settings.model import Settings

DEFAULT_PORTS = {"https": 443, "http": 80}
"""What an origin leaves out (RFC 6454 section 6.2)."""


class People(msgspec.Struct, frozen=True):
    """The services of people themselves."""

    sessions: Sessions
    factors: Factors


class Around(msgspec.Struct, frozen=True):
    """What people are known in: the audit log, who tells them of their accounts, time, and the console's address."""

    trail: Trail
    news: AccountNotices
    clock: Clock
    console_url: str


def build_people(settings: Settings, keys: KeyRing, stores: Stores, around: Around) -> People:
    """Return the services. Where passkeys belong follows from the console's address, never from a request."""
    database, console = stores.database, settings.console
    trail, clock, console_url = around.trail, around.clock, around.console_url
    store = SQLFactorStore(database)
    checks = Checks(CheckParts(store, keys.second_factors, WebAuthnVerifier(), clock, find_place(console_url)))
    lifetimes = Lifetimes(
        console.session_idle_seconds,
        console.session_absolute_seconds,
        console.setup_link_seconds,
        console.step_up_seconds,
        frozenset(console.second_factor_roles),
    )
    sessions = Sessions(
        ServiceParts(
            SQLSessionStore(database),
            checks,
            database,
            trail,
            clock,
            lifetimes,
            around.news,
            throttle=SQLThrottleStore(database),
            hasher=Argon2Hasher(keys.cookie_key),
        )
    )
    host = urlsplit(console_url).netloc
    parts = (store, checks, sessions, keys.second_factors, database, trail, clock)
    factors = Factors(FactorParts(*parts, host, notices=around.news))
    return People(sessions, factors)


def find_place(console_url: str) -> Place | None:
    """Return where passkeys belong, None where browsers have none.

    They keep passkeys for names, on pages over TLS, and for `localhost` also without (WebAuthn section 5.1.3, step 7;
    Secure Contexts section 3.1). A console that listens on the loopback address has them on `localhost`.
    """
    url = urlsplit(console_url)
    host = url.hostname or ""
    port = f":{url.port}" if url.port and url.port != DEFAULT_PORTS.get(url.scheme) else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if url.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
            return Place(host, f"{url.scheme}://{host}{port}")
        return None
    return Place("localhost", f"{url.scheme}://localhost{port}") if address.is_loopback else None
