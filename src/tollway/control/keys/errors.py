"""Refusals of a change of the root key."""

from tollway.control.keys.model import Key, KeyState, Uses
from tollway.kernel.errors import TollwayError


def nothing_to_retire() -> TollwayError:
    """Return management.conflict: there is only the key in use."""
    return TollwayError("management.conflict", public="There is no older root key: the one in use is the only one.")


def too_many_keys(most: int) -> TollwayError:
    """Return management.conflict: older keys have to be retired first."""
    return TollwayError(
        "management.conflict", public=f"There are {most} root keys already; retire the older ones first."
    )


def still_sealed(state: KeyState) -> TollwayError:
    """Return management.conflict: values would be lost with the key."""
    if state.step == "handing_over":
        return TollwayError("management.conflict", public="A new root key is still being handed to every process.")
    left = ", ".join(f"{one.count} {one.place}" for one in state.left)
    return TollwayError(
        "management.conflict", public=f"Older root keys still seal {left}; `tollway key rotate` seals them again."
    )


def still_used(keys: tuple[Key, ...]) -> TollwayError:
    """Return management.conflict: tokens or passwords would end with the key."""
    parts = [
        part
        for key in keys
        for part in (
            _part(key, "token", "issue new ones and revoke them", key.tokens),
            _part(key, "person's password", "let them sign in once, or send reset links", key.passwords),
        )
        if part
    ]
    return TollwayError("management.conflict", public=f"Older root keys are still needed: {'; '.join(parts)}.")


def _part(key: Key, what: str, remedy: str, uses: Uses) -> str:
    if not uses.count:
        return ""
    names = ", ".join(uses.names) + (", …" if uses.count > len(uses.names) else "")
    return f"{uses.count} × {what} of generation {key.name.generation} ({names}): {remedy}"
