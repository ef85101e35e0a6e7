"""To whom a new secret goes: the receiver, or the address, that a policy names; or why there is nobody.

Nothing is sent here. Who is written to is an address that an operator wrote into the policy, or that of the token's
owner as the accounts have it; never one from a request.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tollway.control.notices.model import Webhook
from tollway.control.rotations.model import RotationPolicy
from tollway.control.rotations.ports import Post, WebhookBook
from tollway.control.tokens.model import Token


@dataclass(frozen=True, slots=True)
class Way:
    """How a new secret goes. Neither: an operator shows it, or gives somebody a link."""

    webhook: Webhook | None = None
    mail_to: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """Who can be reached. `find_address` returns where a person gets mail, None for nowhere."""

    webhooks: WebhookBook
    post: Post
    find_address: Callable[[str], str | None]

    def find_way(self, token: Token, policy: RotationPolicy) -> Way | str:
        """Return how the token's new secret goes by this policy, or why it cannot now."""
        match policy.delivery:
            case "link":
                return Way()
            case "webhook":
                return self._webhook(policy)
            case "mail":
                return self._mail(token, policy)

    def _webhook(self, policy: RotationPolicy) -> Way | str:
        webhook = None if policy.webhook_id is None else self.webhooks.find(policy.webhook_id)
        if webhook is None or webhook.state != "enabled":
            return "The webhook that collects it is disabled or gone."
        return Way(webhook=webhook)

    def _mail(self, token: Token, policy: RotationPolicy) -> Way | str:
        if self.post.find() is None:
            return "Mail is not set up."
        to = policy.mail_to
        if not to and token.owner_id is not None:
            to = self.find_address(token.owner_id) or ""
        return Way(mail_to=to) if to else "The token belongs to nobody with an address; the policy may name one."
