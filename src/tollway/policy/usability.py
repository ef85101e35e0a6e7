"""May this token be used at this instant? The one predicate that every path asks.

Order: the token's own state before its owner's, so that a revoked token says so whatever became of its owner.
"""

from tollway.contract.policy import ApplicationRecord, TokenRecord


def find_refusal(token: TokenRecord, application: ApplicationRecord | None, now_ns: int) -> str | None:
    """Return the code that refuses the token at `now_ns`, None when it may be used.

    A token is valid strictly before `expires_ns`. A token that names an application needs that application's record.
    """
    if token.state == "revoked":
        return "token.revoked"
    if token.expires_ns is not None and now_ns >= token.expires_ns:
        return "token.expired"
    if token.state != "active":
        return "token.disabled"
    if token.application_id is None:
        return None
    if application is None or application.state != "active":
        return "token.owner_disabled"
    return None
