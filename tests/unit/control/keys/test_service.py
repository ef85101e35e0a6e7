"""A change of the root key leaves the installation whole after each step, and loses nothing at its end."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from sqlalchemy import LargeBinary, Text, select, update

from kit.control import ACTOR, ControlPlane
from kit.root_keys import FIRST, KeyChange
from tollway.adapters.secrets import KeyRing
from tollway.adapters.storage.config_schema import metadata, upstream_keys
from tollway.contract.policy import decode_snapshot
from tollway.control.audit.model import Wanted
from tollway.control.keys.service import KEYS_MAX
from tollway.control.services.model import NewService
from tollway.control.tokens.model import NewToken
from tollway.control.upstreams.model import ConnectionChange, NewProvider
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret


@pytest.fixture
def change(plane: ControlPlane) -> KeyChange:
    """The change of the key of a control plane on which something is sealed in every place."""
    plane.providers.create(
        NewProvider(
            "openai",
            "openai",
            credentials=(Secret("sk-first"), Secret("sk-second")),
            proxy_url="http://user:proxy-pw@proxy.example:3128",
        ),
        ACTOR,
    )
    connection = ConnectionChange("https://api.example", proxy_url="http://user:proxy-pw@proxy.example:3128")
    plane.services.create(NewService("shop", "/shop", connection, credential=Secret("service-key")), ACTOR)
    return KeyChange(plane)


def old_values(plane: ControlPlane, ring: KeyRing) -> list[str]:
    """Look at every column of every table for bytes that the ring's key has sealed, in bytes or in base64."""
    headers = [ring.provider_secrets.header, ring.notices.header]
    found = []
    with plane.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column in table.c:
                    value = row[column.name]
                    if isinstance(column.type, LargeBinary) and value and any(header in value for header in headers):
                        found.append(f"{table.name}.{column.name}")
                    if isinstance(column.type, Text) and value and '"sealed"' in value:
                        found += [f"{table.name}.{column.name}" for one in headers if _in_base64(one, value)]
    return found


def _in_base64(header: bytes, text: str) -> bool:
    return f'"sealed":"{b64encode(header[:3]).decode()}' in text.replace(" ", "")


def test_a_change_seals_everything_anew_and_the_old_key_can_go(plane: ControlPlane, change: KeyChange) -> None:
    first = KeyRing(FIRST.key)
    assert sorted(set(old_values(plane, first))) == [
        "providers.connection",
        "services.connection",
        "upstream_keys.sealed",
    ]
    change.service.rotate(ACTOR)
    assert change.service.show().step == "handing_over"
    change.finish()
    state = change.service.show()
    assert (state.step, state.left) == ("in_use", ())
    assert [(key.name.generation, key.is_current) for key in state.keys] == [(2, True), (1, False)]
    assert not old_values(plane, first)
    assert change.service.retire(ACTOR).step == "settled"
    assert plane.keys.generations == (2,)
    published = decode_snapshot(plane.policy.snapshot() or b"")
    providers = published.providers
    opened = [plane.keys.open(key.sealed, key.aad) for provider in providers for key in provider.keys]
    assert opened == [b"sk-first", b"sk-second"]
    logins = [one.upstream.proxy_key for one in (*providers, *published.services)]
    assert [plane.keys.open(key.sealed, key.aad) for key in logins if key] == [b"user:proxy-pw"] * 2
    assert plane.audit.verify().is_whole


def test_every_step_is_in_the_audit_log(plane: ControlPlane, change: KeyChange) -> None:
    change.service.rotate(ACTOR)
    change.finish()
    change.service.retire(ACTOR)
    entries = plane.audit.page(Wanted(action="key"))
    assert [entry.action for entry in reversed(entries)] == ["key.rotate", "key.use", "key.sealed", "key.retire"]
    assert entries[0].object_name == FIRST.fingerprint
    assert entries[-1].actor == str(ACTOR)


def test_a_change_is_not_begun_twice(plane: ControlPlane, change: KeyChange) -> None:
    made = change.service.rotate(ACTOR)
    assert change.service.rotate(ACTOR) == made
    change.service.advance()
    assert change.service.rotate(ACTOR) == made
    change.finish()
    assert change.service.rotate(ACTOR).generation == 3


def test_there_is_an_end_to_keys(plane: ControlPlane, change: KeyChange) -> None:
    for _ in range(KEYS_MAX - 1):
        change.service.rotate(ACTOR)
        change.finish()
    with pytest.raises(TollwayError, match="retire the older"):
        change.service.rotate(ACTOR)


def test_no_key_is_used_before_every_process_has_it(plane: ControlPlane, change: KeyChange) -> None:
    change.service.rotate(ACTOR)
    change.ring.refuses = True
    for _ in range(3):
        with pytest.raises(TollwayError, match="does not answer"):
            change.service.advance()
    assert change.file.names()[0].generation == 1
    change.ring.refuses = False
    change.finish()
    assert change.file.names()[0].generation == 2


def test_a_key_that_still_seals_is_not_retired(plane: ControlPlane, change: KeyChange) -> None:
    with pytest.raises(TollwayError, match="the only one"):
        change.service.retire(ACTOR)
    change.service.rotate(ACTOR)
    with pytest.raises(TollwayError, match="handed to every process"):
        change.service.retire(ACTOR)
    while change.service.show().step != "sealing":
        assert change.service.advance()
    with pytest.raises(TollwayError, match="3 provider keys, 2 proxy logins, 5 published keys, 1 audit seals"):
        change.service.retire(ACTOR)
    assert len(change.file.keys) == 2


def test_a_key_that_proves_tokens_or_passwords_is_not_retired(plane: ControlPlane, change: KeyChange) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    ended = plane.tokens.issue(NewToken("old"), ACTOR)
    plane.tokens.revoke(ended.token.id, ACTOR)
    change.service.rotate(ACTOR)
    change.finish()
    assert [key.tokens.count for key in change.service.show().keys] == [0, 1]
    with pytest.raises(TollwayError, match=r"1 × token of generation 1 \(ci\)"):
        change.service.retire(ACTOR)
    after = plane.tokens.issue(NewToken("new"), ACTOR)
    assert after.token.pepper_version == 2
    plane.tokens.revoke(issued.token.id, ACTOR)
    assert change.service.retire(ACTOR).keys[0].tokens.names == ("new",)


def test_what_opens_with_no_key_keeps_nothing_waiting(plane: ControlPlane, change: KeyChange) -> None:
    """A row that was moved or damaged is lost already; the rest is sealed again and the old key can go."""
    with plane.database.write():
        connection = plane.database.writing()
        row = connection.execute(select(upstream_keys).order_by(upstream_keys.c.id)).mappings().first()
        assert row is not None
        connection.execute(update(upstream_keys).where(upstream_keys.c.id == row["id"]).values(aad=b"elsewhere"))
    change.service.rotate(ACTOR)
    change.finish()
    assert change.service.retire(ACTOR).step == "settled"
    with plane.database.reading() as connection:
        sealed = connection.execute(select(upstream_keys.c.sealed).where(upstream_keys.c.id == row["id"])).scalar_one()
    assert sealed == row["sealed"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("act", ["add", "promote", "hand_over", "hand_over-2", "hand_over-3", "write-1", "write-4"])
def test_whatever_ends_the_process_the_next_one_goes_on(
    plane: ControlPlane, change: KeyChange, monkeypatch: pytest.MonkeyPatch, act: str, is_after: bool
) -> None:
    """Killed before or after any act that writes: nothing is lost, and the change comes to its end."""
    name, _, count = act.partition("-")
    target: object = {"add": change.file, "promote": change.file, "hand_over": change.ring}.get(name, plane.database)
    left = int(count or 1)
    original: Callable[..., object] = getattr(target, name)

    def killing(*arguments: object) -> object:
        nonlocal left
        left -= 1
        if left == 0 and not is_after:
            raise Killed
        result = original(*arguments)
        if left == 0:
            raise Killed
        return result

    monkeypatch.setattr(target, name, killing)
    with pytest.raises(Killed):
        change.service.rotate(ACTOR)
        change.finish()
    monkeypatch.undo()
    keys = KeyRing(change.file.keys)  # the next process reads the file
    plane.keys.adopt(change.file.keys)
    assert [keys.open(key.sealed, key.aad) for one in plane.provider_store.all() for key in one.keys]
    after = KeyChange(plane, change.file)
    after.finish()
    after.service.rotate(ACTOR)
    after.finish()
    assert after.service.retire(ACTOR).step == "settled"
    assert not old_values(plane, KeyRing(FIRST.key))
    assert plane.audit.verify().is_whole
