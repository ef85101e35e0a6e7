"""The headers of Anthropic's API: which version and which betas.

https://platform.claude.com/docs/en/api/versioning and …/beta-headers — translated requests are written in version
2023-06-01, which takes the sampling fields that 2026-10-21 dropped; a same-dialect request keeps the version and the
betas that its caller named.
"""

from collections.abc import Iterable

Headers = tuple[tuple[bytes, bytes], ...]

VERSION = b"2023-06-01"
FILES_BETA = b"files-api-2025-04-14"

_VERSION_NAME = b"anthropic-version"
_BETA_NAME = b"anthropic-beta"
_CREDENTIAL_BETA = b"oauth-"
"""Says that the credential is a person's login; the gateway's own is a key, and Anthropic refuses the two together."""


def needed_headers(*, uses_files: bool = False) -> Headers:
    """Return the headers that a translated request needs."""
    version = (_VERSION_NAME, VERSION)
    return (version, (_BETA_NAME, FILES_BETA)) if uses_files else (version,)


def passed_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return what is passed on of a same-dialect caller's headers (lower-case names): its version and its betas.

    Betas are passed on as given, since they are the caller's choice of fields, but for those about the credential.
    Nothing else is: Anthropic's other headers choose a workspace or a profile, which belong to the gateway's key.
    """
    version = VERSION
    betas: list[bytes] = []
    for name, value in headers:
        if name == _VERSION_NAME:
            version = value.strip() or VERSION
        elif name == _BETA_NAME:
            named = (beta.strip() for beta in value.split(b","))
            betas += [beta for beta in named if beta and not beta.startswith(_CREDENTIAL_BETA)]
    passed: Headers = ((_VERSION_NAME, version),)
    return (*passed, (_BETA_NAME, b",".join(dict.fromkeys(betas)))) if betas else passed
