"""The root key over the local socket: what there is, a change begun and carried on, older keys retired.

Not over the network: whoever changes the key has to copy its file, and so is on the machine.
"""

from fastapi import APIRouter

from tollway.control.keys.model import KeyState, Step, Uses
from tollway.web.asking import Operate
from tollway.web.fields import Output

router = APIRouter(prefix="/keys", tags=["keys"])


class UsesOutput(Output):
    """How many hang on a key, and the first of them by name."""

    count: int
    names: list[str]


class KeyOutput(Output):
    """One root key. `tokens` and `passwords` are kept as its hashes and work until it is retired."""

    generation: int
    fingerprint: str
    is_current: bool
    tokens: UsesOutput
    passwords: UsesOutput


class LeftOutput(Output):
    """Values that an older key has sealed."""

    place: str
    count: int


class KeysOutput(Output):
    """The root keys, in the order of their file, how far a change of them is, and what is left to seal again."""

    step: Step
    keys: list[KeyOutput]
    left: list[LeftOutput]


class AdvanceOutput(Output):
    """Whether another step may follow."""

    has_more: bool


@router.get("")
def show_keys(ask: Operate) -> KeysOutput:
    """Show the root keys by generation and fingerprint, and what hangs on each. The local socket only."""
    return _shown(ask.services.root_keys.show())


@router.post("/rotate", status_code=202)
def rotate_key(ask: Operate) -> KeysOutput:
    """Draw a new root key, which comes into use step by step; a change under way goes on. The local socket only."""
    ask.services.root_keys.rotate(ask.actor)
    return _shown(ask.services.root_keys.show())


@router.post("/advance")
def advance_keys(ask: Operate) -> AdvanceOutput:
    """Take the next step of a change at once; the console takes them by itself too. The local socket only."""
    return AdvanceOutput(has_more=ask.services.root_keys.advance())


@router.post("/retire")
def retire_keys(ask: Operate) -> KeysOutput:
    """Forget the older root keys, if nothing needs them any more. The local socket only."""
    return _shown(ask.services.root_keys.retire(ask.actor))


def _shown(state: KeyState) -> KeysOutput:
    return KeysOutput(
        step=state.step,
        keys=[
            KeyOutput(
                generation=key.name.generation,
                fingerprint=key.name.fingerprint,
                is_current=key.is_current,
                tokens=_uses(key.tokens),
                passwords=_uses(key.passwords),
            )
            for key in state.keys
        ],
        left=[LeftOutput(place=one.place, count=one.count) for one in state.left],
    )


def _uses(uses: Uses) -> UsesOutput:
    return UsesOutput(count=uses.count, names=list(uses.names))
