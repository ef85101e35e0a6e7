"""What the audit log shows of an object: named fields and nothing else, so that a new field is never a new leak."""

import msgspec


def pick(found: object, *names: str) -> dict[str, object]:
    """Return these attributes as plain JSON values."""
    return {name: msgspec.to_builtins(getattr(found, name), enc_hook=str) for name in names}
