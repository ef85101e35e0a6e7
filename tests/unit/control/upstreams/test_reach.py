"""Secrets are bound to where they are sent, and what workers would refuse is refused before it is stored."""

from dataclasses import dataclass

import pytest
from msgspec import UNSET

from kit.control import check_upstream
from tollway.adapters.secrets.key_ring import KeyRing
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.access.model import Reach as Extent
from tollway.control.faults import Faults, Invalid
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.model import Connection, ConnectionChange, Key
from tollway.control.upstreams.reach import Reach, Reaching
from tollway.kernel.clock import FixedClock
from tollway.kernel.secret import Secret

RING = KeyRing(Secret(bytes(32)))
REACHING = Reaching(Credentials(RING, FixedClock()), check_upstream)
PROXY = "http://proxy.example:3128"


NOWHERE = Connection("")


@dataclass(frozen=True)
class Thing:
    """Something that is reached."""

    connection: Connection = NOWHERE
    keys: tuple[Key, ...] = ()


def change(
    before: Thing | Reach, *keys: str, credential: str | None = None, sight: Sight = EVERYWHERE, **fields: object
) -> Reach:
    if credential is not None:
        fields["proxy_credential"] = Secret(credential)
    wanted = tuple(map(Secret, keys)) if keys else UNSET
    return REACHING.change(before, ConnectionChange(**fields), wanted, Faults(), sight=sight)  # type: ignore[arg-type]


def refused(before: Thing | Reach, **fields: object) -> list[str]:
    with pytest.raises(Invalid) as caught:
        change(before, **fields)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
    return [fault.path for fault in caught.value.faults]


def clear(key: Key | None) -> bytes:
    assert key is not None
    return RING.open(key.sealed, key.aad)


def test_r22_keys_stay_only_while_scheme_host_and_port_do() -> None:
    first = change(Thing(), "sk-one-key-of-it", base_url="https://a.example/v1")
    assert not first.credentials_cleared and len(first.keys) == 1
    assert change(first, base_url="https://a.example/v2").keys == first.keys
    for elsewhere in ("http://a.example", "https://b.example", "https://a.example:8443"):
        moved = change(first, base_url=elsewhere)
        assert moved.keys == () and moved.credentials_cleared
    assert len(change(first, "sk-another-key-x", base_url="https://b.example").keys) == 1


def test_r22_values_of_headers_stay_only_while_scheme_host_and_port_do() -> None:
    """They may be secret: nobody is shown them, so nobody may have them sent elsewhere."""
    first = change(Thing(), base_url="https://a.example/v1", headers=(("x-tenant", "a secret"),))
    assert change(first, base_url="https://a.example/v2").connection.headers == (("x-tenant", "a secret"),)
    for elsewhere in ("http://a.example", "https://b.example", "https://a.example:8443"):
        moved = change(first, base_url=elsewhere)
        assert moved.connection.headers == () and moved.credentials_cleared
    assert change(first, base_url="https://b.example", headers=(("x-a", "b"),)).connection.headers == (("x-a", "b"),)


def test_r22_a_value_that_nobody_is_shown_is_not_sent_elsewhere_by_asking_to_keep_it() -> None:
    first = change(Thing(), base_url="https://a.example/v1", headers=(("X-Tenant", "hunter2"), ("x-b", "c")))
    kept = change(first, base_url="https://a.example/v2", headers=(("X-Tenant", UNSET), ("x-b", "d")))
    assert kept.connection.headers == (("x-tenant", "hunter2"), ("x-b", "d"))
    for elsewhere in ("http://a.example", "https://b.example", "https://a.example:8443"):
        assert refused(first, base_url=elsewhere, headers=(("x-tenant", UNSET),)) == ["/headers/x-tenant"]
    plain = change(Thing(), base_url="http://a.example", headers=(("x-tenant", "hunter2"),))
    assert refused(plain, proxy_url=PROXY, headers=(("x-tenant", UNSET),)) == ["/headers/x-tenant"]


def test_a_header_that_keeps_its_value_must_have_one() -> None:
    first = change(Thing(), base_url="https://a.example", headers=(("x-a", "b"),))
    assert refused(first, headers=(("x-a", UNSET), ("x-new", UNSET))) == ["/headers/x-new"]
    assert refused(Thing(), base_url="https://a.example", headers=(("x-a", UNSET),)) == ["/headers/x-a"]


def test_r22_a_proxy_that_would_see_the_keys_clears_them() -> None:
    """Over TLS it sees nothing of them; over plain HTTP it sees all."""
    secure = change(Thing(), "sk-one-key-of-it", base_url="https://a.example")
    assert change(secure, proxy_url=PROXY).keys == secure.keys
    plain = change(Thing(), "sk-one-key-of-it", base_url="http://a.example")
    assert change(plain, proxy_url=PROXY).keys == () and change(plain, proxy_url=PROXY).credentials_cleared
    through = change(Thing(), "sk-one-key-of-it", base_url="http://a.example", proxy_url=PROXY)
    assert change(through, proxy_url=PROXY, base_url="http://a.example/v2").keys == through.keys
    assert change(through, proxy_url="http://other.example:3128").keys == ()
    assert change(through, proxy_url=None).keys == through.keys


def test_r22_who_works_for_a_team_names_no_variable_or_file_of_the_server() -> None:
    """It would be sent where they say: how to read the keys of everybody else."""
    team = Sight(Extent.TEAM, "user_1", frozenset({"team_1"}))
    for reference in ("env:OPENAI_API_KEY", "file:/run/secrets/other"):
        with pytest.raises(Invalid) as caught:
            change(Thing(), reference, base_url="https://a.example", sight=team)
        assert [fault.path for fault in caught.value.faults] == ["/credentials/0"]
        with pytest.raises(Invalid) as caught:
            change(Thing(), base_url="https://a.example", proxy_url=PROXY, credential=reference, sight=team)
        assert [fault.path for fault in caught.value.faults] == ["/proxy_credential"]
    with pytest.raises(Invalid) as caught:
        change(Thing(), base_url="http://10.0.0.1", allow_private=("10.0.0.0/8", "127.0.0.0/8", "*"), sight=team)
    assert [fault.path for fault in caught.value.faults] == ["/allow_private/1", "/allow_private/2"]
    opened = change(Thing(), base_url="http://10.0.0.1", allow_private=("*",))
    assert change(opened, base_url="http://10.0.0.1/v2", allow_private=("*",), sight=team).connection.allow_private
    with pytest.raises(Invalid) as caught:
        change(Thing(), base_url="https://a.example", ca_file="/etc/passwd", sight=team)
    assert [fault.path for fault in caught.value.faults] == ["/ca_file"]
    own = change(Thing(), base_url="https://a.example", ca_file="/etc/ca.pem")
    assert change(own, base_url="https://a.example/v2", ca_file="/etc/ca.pem", sight=team).connection.ca_file
    given = change(Thing(), "env:OPENAI_API_KEY", base_url="https://a.example")
    assert change(given, "env:OPENAI_API_KEY", base_url="https://a.example/v2", sight=team).keys == given.keys
    with pytest.raises(Invalid):
        change(given, "env:OPENAI_API_KEY", base_url="https://b.example", sight=team)
    assert change(given, base_url="https://b.example", sight=team).keys == ()
    assert change(Thing(), "sk-entered-itself", base_url="https://a.example", sight=team).keys


def test_a_login_in_the_proxys_url_is_sealed_and_shown_nowhere() -> None:
    reach = change(Thing(), base_url="https://a.example", proxy_url="http://user:hun%3Ater2hunter2@proxy.example:3128")
    assert reach.connection.proxy_url == PROXY
    assert clear(reach.connection.proxy_key) == b"user:hun:ter2hunter2"
    assert reach.connection.proxy_key is not None and reach.connection.proxy_key.masked == "…"
    assert "hunter2" not in repr(reach)
    again = change(reach, proxy_url="http://user:hun%3Ater2hunter2@proxy.example:3128")
    assert again.connection == reach.connection, "the same login is no change"


def test_a_login_is_given_by_itself_or_by_reference_and_kept_when_it_is_not_named() -> None:
    new = change(Thing(), base_url="https://a.example", proxy_url=PROXY, credential="user:hunter2")
    assert clear(new.connection.proxy_key) == b"user:hunter2"
    for fields in ({}, {"proxy_url": PROXY + "/"}, {"credential": "stored"}, {"credential": "user:hunter2"}):
        assert change(new, **fields).connection.proxy_key == new.connection.proxy_key  # type: ignore[arg-type]
    reference = change(new, credential="env:PROXY_LOGIN").connection.proxy_key
    assert reference is not None and (reference.reference, reference.masked) == ("env:PROXY_LOGIN", "env:PROXY_LOGIN")


def test_a_login_is_bound_to_its_proxy() -> None:
    new = change(Thing(), base_url="https://a.example", proxy_url=PROXY, credential="user:hunter2")
    assert change(new, proxy_url="http://other.example:3128").connection.proxy_key is None
    assert change(new, proxy_url=None).connection.proxy_key is None
    assert change(new, proxy_credential=None).connection.proxy_key is None


def test_faults_name_their_field_and_never_the_login() -> None:
    here = Thing(Connection("https://a.example"))
    assert refused(here, credential="user:hunter2") == ["/proxy_credential"]
    assert refused(here, proxy_url=PROXY, credential="hunter2") == ["/proxy_credential"]
    assert refused(here, proxy_url=PROXY, credential="env:a b:hunter2") == ["/proxy_credential"]
    assert refused(here, proxy_url="http://a:hunter2@p.example", credential="a:hunter2") == ["/proxy_url"]
    assert refused(here, proxy_url="http://a:hunter2@") == ["/proxy_url"]
    assert refused(here, proxy_url="http://a:hunter2@[::1") == ["/proxy_url"]
    assert refused(here, proxy_url="http://a:hunter2@p.example/path") == ["/proxy_url"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"base_url": "https://a.example:25"}, "/base_url"),
        ({"base_url": "http://a.example:6379/v1"}, "/base_url"),
        ({"base_url": "https://0x7f.1"}, "/base_url"),
        ({"base_url": "https://a.example/a/../b"}, "/base_url"),
        ({"proxy_url": "http://a.example:22"}, "/proxy_url"),
        ({"proxy_url": "https://proxy.example"}, "/proxy_url"),
    ],
)
def test_what_workers_would_leave_out_is_refused(fields: dict[str, str], path: str) -> None:
    assert refused(Thing(Connection("https://a.example")), **fields) == [path]


def test_all_faults_are_reported_together() -> None:
    faults = Faults()
    faults.add("/name", "is bad")
    with pytest.raises(Invalid) as caught:
        REACHING.change(Thing(), ConnectionChange("ftp://x", ca_file=""), UNSET, faults, sight=EVERYWHERE)
    assert [fault.path for fault in caught.value.faults] == ["/name", "/base_url", "/ca_file"]
