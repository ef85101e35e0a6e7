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
from tollway.control.faults import refuse
from tollway.control.notices.events import Event, TokenRotationFailed, TokenSecretReady, encode_body, write_instant
from tollway.control.notices.model import Webhook
from tollway.control.notices.ports import Notices, ToldStore
from tollway.control.notices.telling import build_delivery
from tollway.control.ports import Trail, Transactions
from tollway.control.rotations.errors import nothing_to_collect, nothing_waits
from tollway.control.rotations.model import Collected, Handover, RotationPolicy
from tollway.control.rotations.ports import HandoverBox, HandoverStore, Outbox, WebhookBook
from tollway.control.rotations.reaching import Reached
from tollway.control.tokens.events import of_token
from tollway.control.tokens.model import IssuedToken, Token
from tollway.control.tokens.ports import TokenHasher
from tollway.control.tokens.secrets import OVERLAP_SECONDS_MAX, TokenSecrets
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import EVENT, new_id
from tollway.kernel.secret import Secret
from tollway.policy.token import RANDOM_BYTES, SECRET_BYTES, WRAP, generate_token, parse_token, renew_token

COLLECT_SECONDS = 86_400
"""How long a new secret waits for a receiver, or for whoever is given a link."""
MAILED_SECONDS = 3 * 86_400
"""How long it waits for who was written to: a weekend."""
TOLD_SECONDS = 86_400
"""How often it is told that nothing can be delivered."""
KEPT_SECONDS = 90 * 86_400
UNREACHED = "rotation_unreached"
"""What it is told under, with the ids of the token and the policy, that there is nobody to deliver to."""
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
    reached: Reached
    notices: Notices
    told: ToldStore
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

        None when there is nobody to deliver to: then nothing is changed, and that is told once a day.
        """
        parts = self._parts
        way = parts.reached.find_way(token, policy)
        if isinstance(way, str):
            self._tell_unreached(token, policy, way)
            return None
        issued = parts.secrets.rotate_until_delivered(token.id, acting_for(policy))
        seconds = MAILED_SECONDS if way.mail_to else COLLECT_SECONDS
        handover, collecting = self._sealed(issued, policy.overlap_seconds, seconds)
        handover = replace(handover, policy_id=policy.id, mail_to=way.mail_to)
        if way.webhook is not None:
            handover = replace(handover, delivery_id=self._announce(issued.token, handover, collecting, way.webhook))
        if way.mail_to:
            handover = replace(handover, mail_due_ns=handover.created_ns)
        self._store.add(handover)
        return handover

    def begin_by_hand(
        self, token_id: str, actor: Actor, *, overlap_seconds: int, seconds: int
    ) -> tuple[Handover, Secret[str]]:
        """Rotate the token for somebody else and return what collects its new secret, which waits for `seconds`.

        In the transaction of the caller. Raises as `TokenSecrets.rotate`.
        """
        if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
            raise refuse("/overlap_seconds", "from 0 seconds to a year")
        issued = self._parts.secrets.rotate_until_delivered(token_id, actor)
        handover, collecting = self._sealed(issued, overlap_seconds, seconds)
        self._store.add(handover)
        return handover, collecting

    def renew(self, handover: Handover) -> tuple[Handover, Secret[str]]:
        """Return it with another collecting token, in the transaction of the caller: the one before is void."""
        parts = self._parts
        collecting = renew_token(WRAP, handover.id, parts.random_bytes(SECRET_BYTES))
        renewed = replace(handover, mac=self._mac(collecting), pepper_version=parts.hasher.pepper_version)
        self._store.put(renewed)
        return renewed, collecting

    def collect(self, collecting: str, *, address: str, request_id: str = "") -> Collected:
        """Return the secret that the collecting token is for, once, and begin the overlap.

        Raises management.not_found, the same for whatever reason.
        """
        self._prove(collecting)  # first without the writer's lock: whoever guesses keeps nobody waiting
        with self._parts.transactions.write():
            handover = self._prove(collecting)
            return self._hand_over(handover, replace(COLLECTOR, address=address, request_id=request_id))

    def collect_as(self, token_id: str, actor: Actor) -> Collected:
        """Return the new secret of a token that the actor may change, once, and begin the overlap."""
        with self._parts.transactions.write():
            token = self._parts.tokens.changeable(token_id, actor, None)
            self._parts.tokens.refuse_excess(token, actor)
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

    def _prove(self, collecting: str) -> Handover:
        parts = self._parts
        parsed = parse_token(collecting)
        handover = None if parsed is None or parsed.kind != WRAP else self._store.find(parsed.id)
        version = parts.hasher.pepper_version if handover is None else handover.pepper_version
        found = parts.hasher.mac(collecting.encode(), version)
        expected = _DUMMY_MAC if handover is None else handover.mac
        if not hmac.compare_digest(found or b"", expected) or handover is None:
            raise nothing_to_collect()
        return handover

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

    def _sealed(self, issued: IssuedToken, overlap_seconds: int, seconds: int) -> tuple[Handover, Secret[str]]:
        parts = self._parts
        collecting = generate_token(WRAP, parts.random_bytes(RANDOM_BYTES))
        parsed = parse_token(collecting.reveal())
        assert parsed is not None, "what was generated can be read"
        now = parts.clock.now_ns()
        handover = Handover(
            id=parsed.id,
            token_id=issued.token.id,
            generation=issued.token.life.generation,
            policy_id=None,
            state="waiting",
            mac=self._mac(collecting),
            pepper_version=parts.hasher.pepper_version,
            sealed=parts.box.seal(issued.secret.reveal().encode(), handover_aad(parsed.id)),
            overlap_seconds=overlap_seconds,
            delivery_id=None,
            created_ns=now,
            expires_ns=now + seconds * NANOS_PER_SECOND,
        )
        return handover, collecting

    def _mac(self, collecting: Secret[str]) -> bytes:
        hasher = self._parts.hasher
        mac = hasher.mac(collecting.reveal().encode(), hasher.pepper_version)
        assert mac is not None, "the current pepper exists"
        return mac

    def _tell_unreached(self, token: Token, policy: RotationPolicy, why: str) -> None:
        parts, now = self._parts, self._parts.clock.now_ns()
        subject = f"{UNREACHED}/{token.id}/{policy.id}"
        until_ns = parts.told.find_until(subject)
        if until_ns is not None and now < until_ns:
            return
        parts.told.put(subject, now + TOLD_SECONDS * NANOS_PER_SECOND)
        data = TokenRotationFailed(**of_token(token), policy_id=policy.id, policy_name=policy.name, detail=why)
        parts.notices.tell(Event(data, now))

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
