"""Markers come and go with how long they last; the body's own is put where Anthropic puts it."""

import pytest

from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.messages.cache import keep_last, mark_last, read_cache, write_cache
from tollway.kernel.errors import TollwayError

MARK = hub.CacheMark(ttl="1h")


@pytest.mark.parametrize("mark", [hub.CacheMark(), hub.CacheMark(ttl="5m"), hub.CacheMark(ttl="1h")])
def test_a_marker_survives(mark):
    written = b'{"cache_control":{"type":"ephemeral"%b}}' % (
        b"" if mark.ttl is None else b',"ttl":"%b"' % mark.ttl.encode()
    )
    assert read_cache(Asked.parse(written)) == mark
    assert write_cache(mark)["cache_control"] == {"type": "ephemeral"} | ({} if mark.ttl is None else {"ttl": mark.ttl})


def test_none_is_none():
    assert read_cache(Asked.parse(b'{"cache_control":null}')) is None
    assert write_cache(None) == {}


@pytest.mark.parametrize(
    ("control", "param"),
    [
        (b'{"type":"forever"}', "a.cache_control.type"),
        (b'{"type":"ephemeral","ttl":"2h"}', "a.cache_control.ttl"),
        (b'{"type":"ephemeral","scope":"global"}', "a.cache_control.scope"),
        (b"7", "a.cache_control"),
    ],
)
def test_what_is_no_marker_is_refused_by_place(control, param):
    with pytest.raises(TollwayError) as refusal:
        read_cache(Asked.parse(b'{"cache_control":%b}' % control, "a"))
    assert refusal.value.param == param


def test_only_the_last_four_markers_are_kept():
    blocks = [{"type": "text"} | write_cache(MARK if at % 2 else None) for at in range(12)]
    assert keep_last(blocks)
    assert [at for at, block in enumerate(blocks) if "cache_control" in block] == [5, 7, 9, 11]
    assert not keep_last(blocks)


def test_the_bodys_own_marker_goes_to_the_last_part_that_can_have_one():
    call = hub.ToolCall(id="1", name="f", arguments="")
    turns = (
        hub.Turn(role="user", parts=(hub.Text(text="a"),)),
        hub.Turn(role="assistant", parts=(call, hub.Thinking(text="hm"))),
    )
    marked = mark_last(turns, MARK)
    assert marked[0] == turns[0]
    assert marked[1].parts == (hub.ToolCall(id="1", name="f", arguments="", cache=MARK), hub.Thinking(text="hm"))


def test_a_marker_that_is_there_already_stays():
    turns = (hub.Turn(role="user", parts=(hub.Text(text="a", cache=hub.CacheMark()),)),)
    assert mark_last(turns, MARK) == turns
    assert mark_last(turns, None) is turns
    assert mark_last((), MARK) == ()
