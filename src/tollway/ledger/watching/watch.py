"""Runs the detectors over what was just read, before it is stored, so that findings are stored with it or not at all.

Profiles of tokens are kept in memory and written now and then: what a crash loses of them is the learning of half a
minute. Findings are lost never: they are in the transaction that moves the journals' positions.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from tollway.contract.records import TallyRecord
from tollway.contract.watching import NO_POLICY, Detector, Finding, WatchPolicy
from tollway.ledger.cells import Counted
from tollway.ledger.watching.ports import WatchStore
from tollway.ledger.watching.rows import build_rows
from tollway.policy.detect.profile import Profile, Row
from tollway.policy.detect.source import Guesses
from tollway.policy.detect.token import look, look_at_decoy

PROFILES_MAX: Final = 20_000
"""Profiles in memory; above it, those used longest ago are written and read back when needed."""
FINDINGS_MAX: Final = 1_000
"""Findings of one step; what is above is logged and left out, since a thousand say it all."""
_POLICY = "policy"
_TOKEN = "token/"  # noqa: S105 - the beginning of a key

_log = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_profile = msgspec.msgpack.Decoder(Profile)
_policy = msgspec.msgpack.Decoder(WatchPolicy)


class Watch:
    """The watch of one ledger; for the thread that ingests, but for `revision` and `take_policy`."""

    def __init__(self, store: WatchStore) -> None:
        self._store = store
        self._profiles: OrderedDict[str, Profile] = OrderedDict()
        self._changed: set[str] = set()
        self._guesses = Guesses()
        self._waiting: WatchPolicy | None = None
        self._use(NO_POLICY)

    @property
    def revision(self) -> int:
        """The revision of the policy that is or will be heeded. From any thread."""
        waiting = self._waiting
        return self.policy.revision if waiting is None else waiting.revision

    def take_policy(self, policy: WatchPolicy) -> None:
        """Heed this policy from the next step on. From any thread."""
        self._waiting = policy

    def load(self) -> None:
        """Forget what is in memory and read what is stored."""
        self._profiles.clear()
        self._changed.clear()
        raw = self._store.find_states([_POLICY]).get(_POLICY)
        try:
            self._use(NO_POLICY if raw is None else _policy.decode(raw))
        except ValueError:
            _log.exception("ledger: the stored thresholds cannot be read; the console sends them again")
            self._use(NO_POLICY)

    def look(self, cells: Sequence[Counted], tallies: Sequence[TallyRecord]) -> list[tuple[int, bytes]]:
        """Return (at_ns, bytes) of what is found in calls and refusals. Raises usage.unavailable."""
        self._adopt()
        rows = build_rows(cells)
        self._fetch({row.token_id for row in rows})
        found: list[Finding] = []
        for row in rows:
            found += self._look(row)
        for tally in tallies:
            if tally.refused:
                found += self._guesses.look(tally.second, tally.refused, self.policy.thresholds)
        wanted = [each for each in found if self._is_wanted(each)]
        if len(wanted) > FINDINGS_MAX:
            _log.error("ledger: %d findings at once; the first %d are kept", len(wanted), FINDINGS_MAX)
        return [(each.at_ns, _encode(each)) for each in wanted[:FINDINGS_MAX]]

    def save(self) -> None:
        """Write what has changed of the profiles. Raises usage.unavailable; nothing is lost then."""
        self._adopt()
        if self._changed:
            self._put(self._changed)
            self._changed.clear()
        while len(self._profiles) > PROFILES_MAX:
            self._profiles.popitem(last=False)

    def sweep(self, before_ns: int, limit: int) -> int:
        """Delete old findings; return how many."""
        return self._store.delete_findings(before_ns, limit)

    def _use(self, policy: WatchPolicy) -> None:
        self.policy = policy
        self._decoys = frozenset(policy.decoys)
        self._expected = frozenset((each.detector, each.subject, each.detail) for each in policy.expected)

    def _adopt(self) -> None:
        waiting = self._waiting
        if waiting is not None:
            self._store.put_states({_POLICY: _encode(waiting)})
            self._use(waiting)
            self._waiting = None

    def _look(self, row: Row) -> list[Finding]:
        if row.token_id in self._decoys:
            return [look_at_decoy(row)]
        profile = self._profiles.get(row.token_id)
        if profile is None:
            profile = self._profiles[row.token_id] = Profile()
        else:
            self._profiles.move_to_end(row.token_id)
        self._changed.add(row.token_id)
        return look(row, profile, self.policy.teams.get(row.team_id, self.policy.thresholds))

    def _is_wanted(self, finding: Finding) -> bool:
        rules = self.policy.teams.get(finding.team_id, self.policy.thresholds)
        detector: Detector = finding.detector
        if rules.rule(detector).mode == "off":
            return False
        if not self._expected:
            return True
        keys = ((detector, finding.subject, ""), (detector, finding.subject, finding.detail))
        return not self._expected.intersection(keys)

    def _fetch(self, token_ids: set[str]) -> None:
        missing = [_TOKEN + token_id for token_id in token_ids if token_id not in self._profiles]
        if not missing:
            return
        for key, raw in self._store.find_states(missing).items():
            try:
                self._profiles[key.removeprefix(_TOKEN)] = _profile.decode(raw)
            except ValueError:
                _log.exception("ledger: what was learned of %s cannot be read; it is learned anew", key)

    def _put(self, token_ids: Iterable[str]) -> None:
        known = [token_id for token_id in token_ids if token_id in self._profiles]
        self._store.put_states({_TOKEN + token_id: _encode(self._profiles[token_id]) for token_id in known})
