"""Whatever is done to a chained log is found: an edit, a removal, a move, a cut, an insertion, a new chain."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.audit.chain import (
    START,
    Place,
    behind,
    canonical,
    check_end,
    find_begin,
    link,
    seal,
    seal_checkpoint,
    walk,
)
from tollway.control.audit.model import Checkpoint, Entry, Head, Link, Verdict
from tollway.kernel.secret import Secret, SecretRing

KEY, OTHER_KEY = Secret(b"k" * 32), Secret(b"o" * 32)
KEYS = SecretRing((1, KEY))
_text = st.text(max_size=6)
_drafts = st.lists(
    st.builds(
        Entry,
        st.just(0),
        st.integers(0, 2**60),
        _text,
        _text,
        _text,
        _text,
        _text,
        _text,
        st.sampled_from(["done", "refused"]),
        _text,
        _text,
        _text,
        _text,
        st.none() | _text,
        st.none() | _text,
        _text,
    ),
    min_size=1,
    max_size=5,
)


def check(
    links: list[Link],
    head: Head | None,
    keys: SecretRing,
    *,
    since: Place | None = None,
    start: Checkpoint | None = None,
) -> Verdict:
    """Check a whole log, in one part."""
    begin = find_begin(start, keys, since)
    reached = begin if isinstance(begin, Verdict) else walk(links, begin, since)
    return behind(reached if isinstance(reached, Verdict) else check_end(reached, head, keys, since), start)


def chained(drafts: list[Entry], key: Secret[bytes] = KEY) -> tuple[list[Link], Head]:
    """Write entries as the service does."""
    links, last = [], START
    for number, draft in enumerate(drafts, start=1):
        entry = replace(draft, seq=number)
        last = link(entry, last)
        links.append(Link(entry, last))
    return links, Head(len(links), last, seal(len(links), last, key))


@given(drafts=_drafts)
def test_a_log_as_it_was_written_is_whole(drafts: list[Entry]) -> None:
    links, head = chained(drafts)
    verdict = check(links, head, KEYS)
    assert verdict.is_whole and verdict.checked == len(drafts)
    for one in links:
        assert check(links, head, KEYS, since=(one.entry.seq, one.hash)).is_whole


@given(drafts=_drafts, data=st.data())
def test_every_edit_of_every_field_is_found(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    at = data.draw(st.integers(0, len(links) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(Entry)]))
    before = getattr(links[at].entry, name)
    after = data.draw(
        (st.integers(0, 2**60) if isinstance(before, int) else st.none() | _text).filter(lambda v: v != before)
    )
    links[at] = Link(replace(links[at].entry, **{name: after}), links[at].hash)
    verdict = check(links, head, KEYS)
    assert not verdict.is_whole and verdict.at is not None


@given(drafts=_drafts, data=st.data())
def test_every_edit_is_found_although_the_chain_is_made_anew(drafts: list[Entry], data: st.DataObject) -> None:
    """Whoever writes the database computes every hash, and any seal but ours."""
    links, head = chained(drafts)
    at = data.draw(st.integers(0, len(links) - 1))
    edited = [one.entry for one in links]
    edited[at] = replace(edited[at], actor_name=edited[at].actor_name + "x")
    forged, forged_head = chained(edited, OTHER_KEY)
    assert not check(forged, head, KEYS).is_whole
    assert not check(forged, forged_head, KEYS).is_whole
    assert not check(forged, replace(forged_head, seal=head.seal), KEYS).is_whole


@given(drafts=_drafts, data=st.data())
def test_every_removal_is_found(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    first = data.draw(st.integers(0, len(links) - 1))
    last = data.draw(st.integers(first + 1, len(links)))
    assert not check(links[:first] + links[last:], head, KEYS).is_whole


@given(drafts=_drafts, data=st.data())
def test_every_cut_is_found_whatever_is_done_to_the_head(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    kept = links[: data.draw(st.integers(0, len(links) - 1))]
    last = kept[-1].hash if kept else START
    for forged in (
        head,
        None,
        Head(len(kept), last, head.seal),
        Head(len(kept), last, seal(len(kept), last, OTHER_KEY)),
    ):
        assert not check(kept, forged, KEYS).is_whole


@given(drafts=_drafts, data=st.data())
def test_every_move_is_found(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    order = data.draw(st.permutations(range(len(links))))
    moved = [links[index] for index in order]
    renumbered = [Link(replace(one.entry, seq=number), one.hash) for number, one in enumerate(moved, start=1)]
    assert check(renumbered, head, KEYS).is_whole == (renumbered == links)
    assert check(moved, head, KEYS).is_whole == (list(order) == sorted(order))


@given(drafts=_drafts, data=st.data())
def test_every_insertion_is_found(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    at = data.draw(st.integers(0, len(links)))
    new = Link(replace(links[0].entry, seq=at + 1), links[0].hash)
    rest = [Link(replace(one.entry, seq=one.entry.seq + 1), one.hash) for one in links[at:]]
    assert not check([*links[:at], new, *rest], head, KEYS).is_whole


@given(drafts=_drafts)
def test_an_older_copy_of_log_and_head_is_found_by_a_head_that_was_kept(drafts: list[Entry]) -> None:
    links, head = chained(drafts)
    older, older_head = chained(drafts[:-1])
    assert check(older, older_head, KEYS).is_whole, "by itself it is a whole log"
    assert not check(older, older_head, KEYS, since=(head.seq, head.hash)).is_whole
    assert not check(links, head, KEYS, since=(head.seq, bytes(32))).is_whole


def test_entries_without_a_token_are_chained_as_before_there_was_that_field() -> None:
    entry = Entry(
        1, 2, "user:a", "ada", "owner", "::1", "req", "team.create", "done", "", "team", "t", "red", None, "{}"
    )
    by_token = replace(entry, token_id="AAAAAAAAAAAA")
    assert link(entry, START).hex() == "42be1a6dfa4d636e58901aa3d44cd4a137545144b7ef37868bb2f080bb43b043"
    assert link(by_token, START) != link(entry, START)


@given(one=_drafts, two=_drafts)
def test_no_two_entries_have_one_encoding(one: list[Entry], two: list[Entry]) -> None:
    assert (canonical(one[0]) == canonical(two[0])) == (one[0] == two[0])


@given(drafts=_drafts)
def test_a_head_that_an_older_key_has_sealed_is_accepted_until_that_key_is_retired(drafts: list[Entry]) -> None:
    links, head = chained(drafts)
    assert check(links, head, SecretRing((2, OTHER_KEY), (1, KEY))).is_whole
    assert not check(links, head, SecretRing((2, OTHER_KEY))).is_whole


@given(drafts=_drafts, data=st.data())
def test_what_retention_left_is_proven_from_its_checkpoint_on(drafts: list[Entry], data: st.DataObject) -> None:
    links, head = chained(drafts)
    cut = data.draw(st.integers(0, len(links) - 1))
    if cut == 0:
        return
    start = seal_checkpoint(cut, links[cut - 1].hash, KEY)
    left = links[cut:]
    verdict = check(left, head, KEYS, start=start)
    assert verdict.is_whole and (verdict.checked, verdict.deleted_through) == (len(left), cut)
    assert check(left, head, KEYS, start=start, since=(cut, links[cut - 1].hash)).is_whole
    assert not check(left, head, KEYS, start=start, since=(cut, bytes(32))).is_whole
    assert not check(left, head, KEYS).is_whole, "without its checkpoint the beginning is missing"
    assert not check(left[1:], head, KEYS, start=start).is_whole, "more is gone than was deleted"
    assert not check(links, head, KEYS, start=start).is_whole


@given(drafts=_drafts)
def test_a_checkpoint_that_nobody_with_the_key_has_sealed_hides_no_removal(drafts: list[Entry]) -> None:
    links, head = chained(drafts)
    last = links[0].hash
    forged = [
        seal_checkpoint(1, last, OTHER_KEY),
        Checkpoint(1, last, seal(1, last, KEY)),  # the seal that the head had once
        Checkpoint(1, last, seal_checkpoint(2, last, KEY).seal),
        Checkpoint(1, bytes(32), seal_checkpoint(1, last, KEY).seal),
    ]
    for one in forged:
        assert not check(links[1:], head, KEYS, start=one).is_whole
