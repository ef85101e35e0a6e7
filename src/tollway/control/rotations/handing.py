"""Handing a new secret over: it waits sealed, is collected once, and is void when nobody comes for it.

Law: the old secret works until the new one was collected, and then for the overlap; when it is not collected in time
the new one is void, the old one stays, and somebody is told. What collects a secret is a token of its own kind, works
once, and is never stored; an answer never says why there is nothing to collect.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from tollway.control.actor import SETUP, Actor
from tollway.control.audit.model import Subject
from tollway.control.notices.events import Event, TokenRotationFailed, TokenSecretReady, encode_body, write_instant
from tollway.control.notices.model import Webhook
from tollway.control.notices.ports import Notices
from tollway.control.notices.telling import build_delivery
from tollway.control.ports import Trail, Transactions
from tollway.control.rotations.errors import nothing_to_collect, nothing_waits
from tollway.control.rotations.model import Collected, Handover, RotationPolicy
from tollway.control.rotations.ports import HandoverBox, HandoverStore, Outbox, WebhookBook
from tollway.control.tokens.events import of_token
from tollway.control.tokens.model import Token
from tollway.control.tokens.ports import TokenHasher
from tollway.control.tokens.secrets import TokenSecrets
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import EVENT, new_id
from tollway.kernel.secret import Secret
from tollway.policy.token import RANDOM_BYTES, WRAP, generate_token, parse_token

COLLECT_SECONDS = 86_400
"""How long a new secret waits."""
KEPT_SECONDS = 90 * 86_400
_DUMMY_MAC = bytes(32)


@dataclass(frozen=True, slots=True)
class HandoverParts:
    """What the service is built from. `collect_url` is where collecting tokens are posted to."""

    store: HandoverStore
    tokens: Tokens
    secrets: TokenSecrets
    hasher: TokenHasher
    box: HandoverBox
    webhooks: WebhookBook
    outbox: Outbox
    notices: Notices
    transactions: Transactions
    trail: Trail
    clock: Clock
    collect_url: str
    random_bytes: Callable[[int], bytes] = os.urandom


class Handovers:
    """New secrets on their way. Thread-safe."""

    def __init__(self, parts: HandoverParts) -> None:
        self._parts = parts
        self._store = parts.store

    def begin(self, token: Token, policy: RotationPolicy) -> Handover | None:
        """Rotate the token and let its new secret wait, in the transaction of the caller.

        None, and nothing is changed, when the policy's webhook cannot be sent to.
        """
        parts = self._parts
        webhook = None
        if policy.delivery == "webhook":
            webhook = None if policy.webhook_id is None else parts.webhooks.find(policy.webhook_id)
            if webhook is None or webhook.state != "enabled":
                return None
        actor = acting_for(policy)
        issued = parts.secrets.rotate_until_delivered(token.id, actor)
        collecting = generate_token(WRAP, parts.random_bytes(RANDOM_BYTES))
        handover = self._sealed(issued.token, issued.secret, collecting, policy)
        if webhook is not None:
            handover = replace(handover, delivery_id=self._announce(issued.token, handover, collecting, webhook))
        self._store.add(handover)
        return handover

    def collect(self, collecting: str, *, address: str, request_id: str = "") -> Collected:
        """Return the secret that the collecting token is for, once, and begin the overlap.

        Raises management.not_found, the same for whatever reason.
        """
        parts = self._parts
        parsed = parse_token(collecting)
        with parts.transactions.write():
            handover = None if parsed is None or parsed.kind != WRAP else self._store.find(parsed.id)
            version = parts.hasher.pepper_version if handover is None else handover.pepper_version
            found = parts.hasher.mac(collecting.encode(), version)
            expected = _DUMMY_MAC if handover is None else handover.mac
            if not hmac.compare_digest(found or b"", expected) or handover is None:
                raise nothing_to_collect()
            return self._hand_over(handover, replace(COLLECTOR, address=address, request_id=request_id))

    def collect_as(self, token_id: str, actor: Actor) -> Collected:
        """Return the new secret of a token that the actor may change, once, and begin the overlap."""
        with self._parts.transactions.write():
            token = self._parts.tokens.changeable(token_id, actor, None)
            handover = self.find_waiting(token.id)
            if handover is None or token.life.generation != handover.generation:
                raise nothing_waits()
            return self._hand_over(handover, actor)

    def find_waiting(self, token_id: str) -> Handover | None:
        """Return the handover that waits for the token and can still be collected, if one does."""
        last = self._store.last_of(token_id)
        is_waiting = last is not None and last.state == "waiting" and self._parts.clock.now_ns() < last.expires_ns
        return last if is_waiting else None

    def give_up(self, handover: Handover, policy_name: str | None, detail: str) -> None:
        """Make the new secret void, keep the old one, and tell. Does nothing when it was collected meanwhile."""
        parts = self._parts
        with parts.transactions.write():
            now = self._store.find(handover.id)
            if now is None or now.state != "waiting":
                return
            ended = replace(now, state="failed", sealed=None, ended_ns=parts.clock.now_ns(), detail=detail[:500])
            self._store.put(ended)
            token = self._take_back(handover)
            if token is not None:
                data = TokenRotationFailed(
                    **of_token(token), policy_id=handover.policy_id, policy_name=policy_name, detail=detail
                )
                parts.notices.tell(Event(data, parts.clock.now_ns()))

    def purge(self) -> None:
        """Forget what ended long ago."""
        before_ns = self._parts.clock.now_ns() - KEPT_SECONDS * NANOS_PER_SECOND
        with self._parts.transactions.write():
            self._store.purge(before_ns=before_ns, limit=500)

    def _take_back(self, handover: Handover) -> Token | None:
        """Make the old secret the token's own again; None when the token has gone on without us."""
        try:
            token = self._parts.tokens.get(handover.token_id)
            if token.life.generation != handover.generation:
                return token
            return self._parts.secrets.cancel(handover.token_id, SETUP)
        except TollwayError as error:
            if error.code.name in ("management.conflict", "management.not_found"):
                return None  # revoked meanwhile, or its overlap was ended by a person
            raise

    def _hand_over(self, handover: Handover, actor: Actor) -> Collected:
        parts = self._parts
        now = parts.clock.now_ns()
        if handover.state != "waiting" or handover.sealed is None or now >= handover.expires_ns:
            raise nothing_to_collect()
        token = parts.tokens.get(handover.token_id)
        if token.state == "revoked" or token.life.generation != handover.generation:
            raise nothing_to_collect()
        secret = parts.box.open(handover.sealed, handover_aad(handover.id)).decode()
        self._store.put(replace(handover, state="collected", sealed=None, ended_ns=now, collected_from=actor.address))
        parts.trail.record(actor, "token.collect", Subject("token", token.id, token.name))
        token = parts.secrets.begin_overlap(token.id, SETUP, overlap_seconds=handover.overlap_seconds)
        return Collected(token, Secret(secret))

    def _sealed(self, token: Token, secret: Secret[str], collecting: Secret[str], policy: RotationPolicy) -> Handover:
        parts = self._parts
        parsed = parse_token(collecting.reveal())
        assert parsed is not None, "what was generated can be read"
        mac = parts.hasher.mac(parsed.raw, parts.hasher.pepper_version)
        assert mac is not None, "the current pepper exists"
        now = parts.clock.now_ns()
        return Handover(
            id=parsed.id,
            token_id=token.id,
            generation=token.life.generation,
            policy_id=policy.id,
            state="waiting",
            mac=mac,
            pepper_version=parts.hasher.pepper_version,
            sealed=parts.box.seal(secret.reveal().encode(), handover_aad(parsed.id)),
            overlap_seconds=policy.overlap_seconds,
            delivery_id=None,
            created_ns=now,
            expires_ns=now + COLLECT_SECONDS * NANOS_PER_SECOND,
        )

    def _announce(self, token: Token, handover: Handover, collecting: Secret[str], webhook: Webhook) -> str:
        parts = self._parts
        data = TokenSecretReady(
            **of_token(token),
            collect_url=parts.collect_url,
            collect_token=collecting.reveal(),
            until=write_instant(handover.expires_ns),
        )
        event = Event(data, parts.clock.now_ns())
        delivery = build_delivery(webhook, event, encode_body(new_id(EVENT), event), now_ns=parts.clock.now_ns())
        parts.outbox.add(delivery)
        return delivery.id


COLLECTOR = Actor("collector", "unknown", name="holder of a collecting link")


def acting_for(policy: RotationPolicy) -> Actor:
    """Return who rotates by a policy: the program."""
    return replace(SETUP, name=f"rotation policy {policy.name}")


def handover_aad(handover_id: str) -> bytes:
    """Return the associated data of a waiting secret: it opens in no other row."""
    return f"handovers|sealed|{handover_id}".encode()
