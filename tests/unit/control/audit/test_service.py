"""An act and its entry are one; what differs is kept and nothing else; the whole log is checked."""

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from kit.control import ACTOR, ControlPlane
from kit.root_keys import FIRST
from tollway.adapters.secrets import RootKey
from tollway.adapters.storage.audit import SQLAuditStore
from tollway.adapters.storage.sessions_schema import audit, audit_checkpoint, audit_head
from tollway.control.actor import Actor
from tollway.control.applications.model import ApplicationChange, NewApplication
from tollway.control.audit import chain
from tollway.control.audit.model import CheckedPart, Refusal, Subject, Wanted
from tollway.control.tokens.model import NewToken, TokenChange
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

SECOND = RootKey(2, Secret(bytes(range(1, 33))))
EVE = Actor("user_eve", "user", name="eve", role="developer", address="192.0.2.1", request_id="req_1")


def newest(plane: ControlPlane) -> tuple[str, dict[str, object] | None, dict[str, object] | None]:
    entry = plane.audit.page(Wanted(), limit=1)[0]
    before, after = (None if text is None else json.loads(text) for text in (entry.before, entry.after))
    return entry.action, before, after


def test_an_entry_says_who_as_whom_from_where_and_what(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), EVE).token
    entry = plane.audit.page(Wanted(), limit=1)[0]
    assert (entry.actor, entry.actor_name, entry.role) == ("user:user_eve", "eve", "developer")
    assert (entry.address, entry.request_id, entry.at_ns) == ("192.0.2.1", "req_1", plane.clock.now_ns())
    assert (entry.action, entry.kind, entry.object_id, entry.object_name) == ("token.issue", "token", token.id, "ci")
    assert entry.before is None and json.loads(entry.after or "")["owner_id"] == "user_eve"
    assert "mac" not in json.loads(entry.after or "")


def test_only_what_differs_is_kept(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    plane.tokens.change(token.id, TokenChange(name="build"), ACTOR)
    assert newest(plane) == ("token.change", {"name": "ci"}, {"name": "build"})
    plane.tokens.disable(token.id, ACTOR)
    assert newest(plane) == ("token.disable", {"state": "active"}, {"state": "disabled"})
    plane.tokens.enable(token.id, ACTOR)
    plane.tokens.revoke(token.id, ACTOR, reason="leaked")
    action, _, after = newest(plane)
    assert (action, after) == ("token.revoke", {"state": "revoked", "revoked_reason": "leaked"})
    application = plane.applications.create(NewApplication("shop"), ACTOR)
    plane.applications.change(application.id, ApplicationChange(name="store"), ACTOR)
    assert newest(plane) == ("application.change", {"name": "shop"}, {"name": "store"})
    plane.applications.delete(application.id, ACTOR)
    action, before, after = newest(plane)
    assert (action, (before or {})["name"], after) == ("application.delete", "store", None)


def test_what_is_not_done_is_not_written(plane: ControlPlane) -> None:
    plane.applications.create(NewApplication("shop"), ACTOR)
    length = len(plane.audit.page(Wanted(), limit=100))
    with pytest.raises(TollwayError):
        plane.applications.create(NewApplication("SHOP"), ACTOR)
    with pytest.raises(ZeroDivisionError), plane.database.write():
        plane.applications.create(NewApplication("other"), ACTOR)
        raise ZeroDivisionError
    assert len(plane.audit.page(Wanted(), limit=100)) == length
    assert plane.audit.verify().is_whole


def test_entries_are_found_by_what_they_say(plane: ControlPlane) -> None:
    plane.clock.advance(10)
    token = plane.tokens.issue(NewToken("ci"), EVE).token
    plane.audit.refuse(EVE, Refusal("POST issue_token", Subject("token", "x"), "management.forbidden"))
    since = plane.clock.now_ns()
    for wanted, count in (
        (Wanted(actor="user:user_eve"), 2),
        (Wanted(action="token"), 1),
        (Wanted(action="token.issue"), 1),
        (Wanted(action="tok"), 0),
        (Wanted(kind="token", outcome="refused"), 1),
        (Wanted(object_id=token.id), 1),
        (Wanted(request_id="req_1"), 2),
        (Wanted(search="EV"), 2),
        (Wanted(search="c"), 1),
        (Wanted(search="%"), 0),
        (Wanted(since_ns=since), 2),
        (Wanted(until_ns=since), 1),
    ):
        assert len(plane.audit.page(wanted)) == count, wanted
    first = plane.audit.page(Wanted(), limit=1)
    assert plane.audit.page(Wanted(), before_seq=first[0].seq, limit=1)[0].seq == first[0].seq - 1


def test_what_is_too_long_is_cut_to_its_names(plane: ControlPlane) -> None:
    plane.audit.record(ACTOR, "x.y", Subject("x"), None, {"long": "a" * 30_000, "short": 1})
    assert newest(plane) == ("x.y", None, {"long": "…", "short": "…"})


def test_many_at_once_make_one_chain(plane: ControlPlane) -> None:
    threads = [threading.Thread(target=plane.tokens.issue, args=(NewToken(f"t{n}"), ACTOR)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = plane.audit.verify()
    assert verdict.is_whole and verdict.checked == 9


def test_what_is_done_to_the_stored_log_is_found(plane: ControlPlane) -> None:
    plane.audit.begin(ACTOR)
    for name in "abc":
        plane.audit.record(ACTOR, "x.y", Subject("x", name))
    kept = plane.audit.verify()
    assert (kept.checked, kept.is_whole) == (4, True), "the first entry was made at the start, and once"
    for number, damage in enumerate(
        (
            update(audit).where(audit.c.seq == 2).values(actor="user:somebody"),
            delete(audit).where(audit.c.seq == 2),
            delete(audit).where(audit.c.seq == 4),
            update(audit_head).values(seq=3),
            delete(audit_head),
        )
    ):
        with pytest.raises(ZeroDivisionError), plane.database.write():
            plane.database.writing().execute(damage)
            assert not plane.audit.verify().is_whole, number
            raise ZeroDivisionError
    plane.audit.record(ACTOR, "x.y", Subject("x", "d"))
    assert plane.audit.verify((kept.head_seq, bytes.fromhex(kept.head_hash))).is_whole


def test_a_false_end_is_not_covered_up_by_the_next_act(plane: ControlPlane) -> None:
    """Who edits an entry and computes the chain anew cannot seal it; the next act must not do that for them."""
    plane.audit.record(ACTOR, "x.y", Subject("x", "a"))
    with plane.database.write():
        connection = plane.database.writing()
        (entry,) = plane.audit.page(Wanted(), limit=1)
        before = next(iter(SQLAuditStore(plane.database).iterate())).hash
        edited = replace(entry, actor="user:somebody")
        forged = chain.link(edited, before)
        connection.execute(update(audit).where(audit.c.seq == 2).values(actor="user:somebody", hash=forged))
        connection.execute(update(audit_head).values(hash=forged))
    assert not plane.audit.verify().is_whole
    plane.audit.record(ACTOR, "x.y", Subject("x", "b"))
    assert not plane.audit.verify().is_whole
    plane.clock.advance(10)
    assert plane.audit.delete_older(plane.clock.now_ns()) == 0, "nothing is deleted from a log that is not whole"


def test_the_oldest_are_deleted_behind_a_checkpoint_and_the_rest_is_proven(plane: ControlPlane) -> None:
    for number in range(5):
        plane.audit.record(ACTOR, "x.y", Subject("x", f"id{number}"))
    kept = plane.audit.verify()
    plane.clock.advance(100)
    plane.audit.record(ACTOR, "x.y", Subject("x", "new"))
    before = plane.clock.now_ns()
    assert [plane.audit.delete_older(before, limit=4) for _ in range(3)] == [4, 2, 0]
    left = [entry.action for entry in plane.audit.page(Wanted())]
    assert left == ["audit.delete", "audit.delete", "x.y"]
    verdict = plane.audit.verify()
    assert (verdict.is_whole, verdict.checked, verdict.deleted_through) == (True, 3, 6)
    assert plane.audit.verify((kept.head_seq, bytes.fromhex(kept.head_hash))).is_whole, "it was the last one deleted"
    with pytest.raises(TollwayError, match="deleted by retention"):
        plane.audit.verify((2, bytes(32)))
    with plane.database.write():
        plane.database.writing().execute(delete(audit).where(audit.c.seq == 7))
    assert plane.audit.verify().at == 7


def test_a_log_that_is_checked_in_parts_is_found_to_be_what_it_is_as_a_whole(plane: ControlPlane) -> None:
    for number in range(9):
        plane.audit.record(ACTOR, "x.y", Subject("x", f"id{number}"))

    def parts(limit: int) -> list[CheckedPart]:
        found = [plane.audit.verify_part(limit=limit)]
        while place := found[-1].next:
            found.append(plane.audit.verify_part(behind=place, limit=limit))
        return found

    for limit in (1, 3, 10, 11):
        found = parts(limit)
        assert found[-1].verdict == plane.audit.verify() and found[-1].verdict.is_whole
        assert [part.verdict.checked for part in found] == [*range(limit, 10, limit), 10]
        assert {part.total for part in found} == {10}
    second = plane.audit.verify_part(limit=3).next
    assert second is not None
    assert plane.audit.verify_part(behind=(second[0], bytes(32)), limit=3).verdict.at == 4, "of another log"
    with plane.database.write():
        plane.database.writing().execute(update(audit).where(audit.c.seq == 8).values(actor="user:somebody"))
    assert [part.verdict.at for part in parts(3)] == [None, None, 8]
    with plane.database.write():
        plane.database.writing().execute(delete(audit).where(audit.c.seq >= 8))
    assert [part.verdict.at for part in parts(3)] == [None, None, 8], "what is cut is found at the end"


def test_a_part_behind_what_retention_deleted_begins_at_the_checkpoint(plane: ControlPlane) -> None:
    for number in range(9):
        plane.audit.record(ACTOR, "x.y", Subject("x", f"id{number}"))
    first = plane.audit.verify_part(limit=2)
    plane.clock.advance(10)
    plane.audit.delete_older(plane.clock.now_ns(), limit=5)
    last = plane.audit.verify_part(behind=first.next)
    assert (last.verdict, last.next) == (plane.audit.verify(), None)
    assert last.verdict.is_whole and last.verdict.deleted_through == 5


def test_the_last_entry_stays_however_old_it_is(plane: ControlPlane) -> None:
    plane.clock.advance(1_000)
    assert plane.audit.delete_older(plane.clock.now_ns()) == 0
    assert plane.audit.verify().checked == 1


def test_a_checkpoint_is_sealed_with_the_root_key_in_use_and_a_false_one_is_not(plane: ControlPlane) -> None:
    plane.audit.record(ACTOR, "x.y", Subject("x"))
    plane.clock.advance(10)
    plane.audit.record(ACTOR, "x.y", Subject("x"))
    assert plane.audit.delete_older(plane.clock.now_ns()) == 2
    plane.keys.adopt((SECOND, FIRST))
    assert plane.audit.has_old_seal()
    plane.audit.seal_again(ACTOR)
    assert not plane.audit.has_old_seal()
    plane.keys.adopt((SECOND,))
    assert plane.audit.verify().is_whole
    with plane.database.write():
        plane.database.writing().execute(update(audit_checkpoint).values(seal=b"x" * 32))
    plane.audit.seal_again(ACTOR)
    assert "beginning" in plane.audit.verify().fault
