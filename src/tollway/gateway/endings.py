"""Ends the calls in flight of tokens that were revoked as compromised.

Any other end of a token lets its calls finish. Looked at once a second, and only when the policy store was written
to since; a look reads one record for each token that has a call in flight, and decodes those that changed.
"""

from collections.abc import Iterable

import msgspec

from tollway.contract.policy import decode_token
from tollway.gateway.accept import Inbound
from tollway.gateway.authenticate import read_query_token
from tollway.gateway.context import Gateway
from tollway.gateway.ports import PolicyView, RequestHead
from tollway.gateway.subjects import is_proven_against

CUT = "token.revoked"
"""The code in the record of a call that was ended here."""


class Endings:
    """Which running calls are to be ended. Used from the worker's loop only."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._looked_at = 0

    def find_ended(self, heads: Iterable[RequestHead]) -> list[int]:
        """Return the places of the running requests whose token is compromised; mark them, so that their records say
        why they ended.

        Empty without a look while nothing was written since the last one. Raises gateway.policy_unavailable.
        """
        view = self._gateway.policy.view()
        commit = view.commit
        if commit == self._looked_at:
            return []
        verdicts: dict[str, bool] = {}
        ended = []
        for place, head in enumerate(heads):
            inbound = head.facts[0] if head.facts else None
            if isinstance(inbound, Inbound) and self._is_ended(inbound, view, verdicts):
                inbound.cut = CUT
                ended.append(place)
        self._looked_at = commit
        return ended

    def _is_ended(self, inbound: Inbound, view: PolicyView, verdicts: dict[str, bool]) -> bool:
        parsed = inbound.token or read_query_token(inbound, self._gateway, view)
        if parsed is None:
            return False
        verdict = verdicts.get(parsed.id)
        if verdict is None:
            verdict = verdicts[parsed.id] = _is_compromised(parsed.id, inbound, view)
        return verdict


def _is_compromised(token_id: str, inbound: Inbound, view: PolicyView) -> bool:
    raw = view.find_token(token_id)
    if raw is None or is_proven_against(inbound.proof, raw):
        return False
    try:
        return decode_token(raw).is_compromised
    except (ValueError, msgspec.DecodeError):
        return False  # Damage ends nothing that runs; it refuses the next call.
