"""Where responses are kept between calls: the port, and who owns what is kept.

Law: what one owner kept does not exist for any other, not even as a difference in time or wording.
"""

from typing import Protocol

from tollway.contract.policy import TokenRecord
from tollway.contract.response_states import ResponseState


def owner_of(token: TokenRecord) -> str:
    """Return who owns what is kept for a call: the token's application, so that its tokens share, else the token.

    An application's live and test tokens do not share: what a live provider answered is not for tests.
    """
    if token.application_id is None:
        return f"token:{token.id}"
    return f"application:{token.application_id}" if token.environment == "live" else f"test:{token.application_id}"


class ResponseStates(Protocol):
    """A store that all workers of a node share, bounded in bytes and age; the oldest go first."""

    def put_soon(self, owner: str, state: ResponseState, item_ids: tuple[str, ...] = ()) -> bool:
        """Hand a state over to be kept, in the place of any of the same id; never blocks, so a Tap may call it.

        `item_ids` are those that an `item_reference` may name. False: it is too large, or too much waits already, and
        it is not kept. A death of this process before it is written loses it.
        """
        ...

    async def put(self, owner: str, state: ResponseState, item_ids: tuple[str, ...] = ()) -> bool:
        """Keep a state; every worker finds it, also after a power cut, when this returns True. False as `put_soon`.

        Raises gateway.states_unavailable when the store fails or takes too long; it may be kept all the same.
        """
        ...

    def find(self, owner: str, response_id: str) -> ResponseState | None:
        """Return what is kept under an id for this owner. Raises gateway.states_unavailable."""
        ...

    def find_by_item(self, owner: str, item_id: str) -> ResponseState | None:
        """Return the state that was kept with this item. Raises gateway.states_unavailable."""
        ...

    async def find_patiently(self, owner: str, response_id: str) -> ResponseState | None:
        """As `find`; what is not there is looked for a few times more within a third of a second.

        For callers who continue a response whose last byte they have just read. Raises gateway.states_unavailable.
        """
        ...

    async def find_items_patiently(self, owner: str, item_ids: tuple[str, ...]) -> dict[str, ResponseState]:
        """Return the states that were kept with these items, by item; those not there are left out.

        Looks again as `find_patiently` does, in a third of a second for all of them together: an agent hands its items
        back as soon as it has read them. Raises gateway.states_unavailable.
        """
        ...

    async def delete(self, owner: str, response_id: str) -> bool:
        """Forget a response; whether there was one. Raises gateway.states_unavailable."""
        ...

    def sweep_soon(self) -> None:
        """Let a batch of what is too old be forgotten, and slots of dead readers be freed. Never blocks or raises.

        Each worker may call it once a minute; without it age is held only as far as new states come in.
        """
        ...
