"""The watch heeds its policy, keeps what it learned, and forgets nothing that it has found."""

from collections.abc import Collection, Mapping

import msgspec
import pytest

from kit.calls import START, call, counted
from tollway.contract.records import Refused, TallyRecord
from tollway.contract.watching import Expected, Finding, Guessing, NewOrigin, Rule, Thresholds, WatchPolicy
from tollway.kernel.errors import TollwayError
from tollway.ledger.rollups import CallFacts
from tollway.ledger.watching import watch as module
from tollway.ledger.watching.watch import Watch

HOUR, DAY = 3_600, 86_400
EAGER = Thresholds(new_origin=NewOrigin(learning_days=2, active_days=2))


class States:
    """A WatchStore in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.is_down = False

    def find_states(self, keys: Collection[str]) -> dict[str, bytes]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def put_states(self, states: Mapping[str, bytes]) -> None:
        if self.is_down:
            raise TollwayError("usage.unavailable")
        self.kept.update(states)

    def delete_findings(self, before_ns: int, limit: int) -> int:
        return limit


def make(states: States, policy: WatchPolicy | None = None) -> Watch:
    watch = Watch(states)
    watch.load()
    if policy is not None:
        watch.take_policy(policy)
    return watch


def learn(watch: Watch) -> None:
    for hour in range(0, 72, 4):
        assert look(watch, [call(hour * HOUR)], []) == []


def thief(second: int = 3 * DAY) -> tuple[CallFacts, bytes]:
    return call(second, client_address="203.0.113.9", client_agent="wget/1")


def look(watch: Watch, calls: list[tuple[CallFacts, bytes]], tallies: list[TallyRecord]) -> list[tuple[int, bytes]]:
    return watch.look(counted(calls), tallies)


def found(raw: list[tuple[int, bytes]]) -> list[Finding]:
    return [msgspec.msgpack.decode(body, type=Finding) for _, body in raw]


def test_what_was_learned_survives_a_restart() -> None:
    states = States()
    watch = make(states, WatchPolicy(4, EAGER))
    learn(watch)
    watch.save()
    again = make(states)
    assert again.revision == 4
    ((at_ns, body),) = look(again, [thief()], [])
    finding = msgspec.msgpack.decode(body, type=Finding)
    assert (finding.detector, finding.subject, finding.team_id, finding.at_ns) == ("new_origin", "tokA", "team", at_ns)
    assert at_ns == (START + 3 * DAY) * 10**9


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        (WatchPolicy(1, EAGER), 1),
        (WatchPolicy(1), 0),
        (WatchPolicy(1, EAGER, {"team": Thresholds()}), 0),
        (WatchPolicy(1, Thresholds(), {"team": EAGER}), 1),
        (
            WatchPolicy(
                1, msgspec.structs.replace(EAGER, new_origin=NewOrigin(mode="off", learning_days=2, active_days=2))
            ),
            0,
        ),
        (WatchPolicy(1, EAGER, expected=(Expected("new_origin", "tokA"),)), 0),
        (WatchPolicy(1, EAGER, expected=(Expected("new_origin", "tokA", "203.0.0.0/16 wget"),)), 0),
        (WatchPolicy(1, EAGER, expected=(Expected("new_origin", "tokA", "198.51.0.0/16 wget"),)), 1),
        (WatchPolicy(1, EAGER, expected=(Expected("spike", "tokA"),)), 1),
    ],
)
def test_thresholds_of_the_team_and_what_is_expected_are_heeded(policy: WatchPolicy, count: int) -> None:
    watch = make(States(), policy)
    learn(watch)
    assert len(look(watch, [thief()], [])) == count


def test_a_decoy_is_found_at_its_first_use_and_refusals_by_their_source() -> None:
    watch = make(States(), WatchPolicy(1, Thresholds(scanning=Guessing(count=2)), decoys=("tokA",)))
    assert [each.detector for each in found(look(watch, [call()], []))] == ["decoy_used"]
    refused = tuple(Refused("192.0.2.9", "malformed", "", 1, (mark,)) for mark in range(3))
    assert [each.detector for each in found(look(watch, [], [TallyRecord(START, {}, refused)]))] == ["scanning"]
    silent = make(States(), WatchPolicy(1, Thresholds(decoy_used=Rule(mode="off")), decoys=("tokA",)))
    assert look(silent, [call()], []) == []


def test_profiles_in_memory_are_bounded_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROFILES_MAX", 3)
    states = States()
    watch = make(states)
    for number in range(8):
        look(watch, [call(number, token_id=f"t{number}")], [])
    watch.save()
    assert len(watch._profiles) == 3 and len(states.kept) == 8
    look(watch, [call(9, token_id="t0")], [])
    assert watch._profiles["t0"].hour.requests == 2


def test_a_store_that_is_down_loses_nothing_and_what_cannot_be_read_is_begun_anew() -> None:
    states = States()
    watch = make(states)
    look(watch, [call()], [])
    states.is_down = True
    with pytest.raises(TollwayError):
        watch.save()
    states.is_down = False
    watch.save()
    assert set(states.kept) == {"token/tokA"}
    states.kept = {"token/tokA": b"\xc1", "policy": b"\xc1"}
    again = make(states)
    assert again.revision == 0 and look(again, [call()], []) == []
    assert again.sweep(0, 7) == 7


def test_findings_of_one_step_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINDINGS_MAX", 2)
    watch = make(States(), WatchPolicy(1, decoys=("a", "b", "c")))
    assert len(look(watch, [call(token_id=each) for each in ("a", "b", "c")], [])) == 2
