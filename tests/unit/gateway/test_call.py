"""What is known of a call becomes its record; times add up whatever stage ended it."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract import records
from tollway.contract.records import STAGES, CloseRecord
from tollway.gateway.call import Call

INSTANTS = ("authenticated_at", "body_at", "resolved_at", "admitted_at", "answered_at")


def test_every_fact_reaches_the_field_of_its_name():
    """The record is built by position; a field moved in one of the two would silently mix facts up."""
    ours, theirs = Call.__struct_fields__, CloseRecord.__struct_fields__
    assert [name.replace("told_us", "stages_us") for name in ours[: len(theirs)]] == list(theirs)
    same = set(ours) & set(theirs) - {"duration_us", "overhead_us", "upstream_us"}
    call = Call("req_1", 5, method="POST")
    marks = {}
    for number, name in enumerate(sorted(same)):
        kept = getattr(call, name)
        if isinstance(kept, str):
            marks[name] = f"mark-{number}"
        elif isinstance(kept, int) and not isinstance(kept, bool):
            marks[name] = 1000 + number
    marks.update(is_stream=True, was_opened=True)
    for name, mark in marks.items():
        setattr(call, name, mark)
    record = call.close(1_000_000)
    assert {name: getattr(record, name) for name in marks} == marks
    assert len(marks) > 20


def test_the_record_survives_the_journal():
    record = Call("req_1", 5, method="POST", token_id="t").close(10)
    assert records.decode(records.encode(record)) == record


@given(st.lists(st.integers(0, 10**6), min_size=7, max_size=7), st.integers(0, len(INSTANTS)))
def test_stages_add_up_to_the_whole_call_wherever_it_ended(pauses, reached):
    call = Call("req_1", 0, method="POST", accepted_at=pauses[0] * 1000)
    now = call.accepted_at
    for name, pause in zip(INSTANTS[:reached], pauses[1:], strict=False):
        now += pause * 1000
        setattr(call, name, now)
    ended = now + pauses[-1] * 1000
    told = call.stages_told_us()
    stages = call.close(ended).stages_us
    assert stages[:-1] == told
    assert len(stages) == len(STAGES) and min(stages) >= 0
    # An instant of 0 means "not reached", so a call that began at 0 may count its first stage to a later one.
    assert sum(stages) == (ended - call.accepted_at) // 1000


def test_own_time_excludes_waiting_for_the_caller_and_the_upstream_and_is_never_negative():
    call = Call("req_1", 0, method="POST")
    call.upstream_wait_ns, call.relay_ns, call.body_wait_ns = 4_000_000, 2_000_000, 1_000_000
    assert call.close(10_000_000).overhead_us == 3_000
    assert call.close(1_000_000).overhead_us == 0
