"""One's own second factors: added, confirmed, named, removed; and recovery codes.

Law: with every factor that comes or goes, every session of the person ends and the browser that asked gets a new one
(tokens.md row 82). Secrets and recovery codes leave once, in the answer that made them.
"""

from dataclasses import dataclass, field, replace

from tollway.control.audit.model import Facts, Refusal, Subject
from tollway.control.factors import errors, totp
from tollway.control.factors.checking import Checks, app_aad
from tollway.control.factors.model import (
    PASSKEY_NAME_CHARS_MAX,
    PASSKEYS_MAX,
    Asked,
    AuthenticatorApp,
    Begun,
    Held,
    Passkey,
    Registration,
)
from tollway.control.factors.ports import FactorStore, Sealer
from tollway.control.factors.recovery import generate_codes, hash_code
from tollway.control.faults import refuse
from tollway.control.ports import Trail, Transactions
from tollway.control.sessions.keeping import SIGNING_IN, Beginning, Entered, Origin, actor_of
from tollway.control.sessions.model import AccountChange, AccountNews, Method, User
from tollway.control.sessions.ports import AccountNotices, NoAccountNotices
from tollway.control.sessions.service import Service as Sessions
from tollway.kernel.clock import Clock
from tollway.kernel.ids import PASSKEY, new_id
from tollway.kernel.secret import Secret

ISSUER = "Tollway"
Codes = tuple[Secret[str], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """The session that goes on after a change, and the recovery codes that came with the first factor."""

    entered: Entered
    codes: Codes | None = None
    passkey: Passkey | None = None


@dataclass(frozen=True, slots=True)
class FactorParts:
    """What the service is built from. `host` is the console's, by which apps tell installations apart."""

    store: FactorStore
    checks: Checks
    sessions: Sessions
    sealer: Sealer
    transactions: Transactions
    trail: Trail
    clock: Clock
    host: str
    notices: AccountNotices = field(default_factory=NoAccountNotices)


class Factors:
    """People's own second factors. Blocking: call it in a thread."""

    def __init__(self, parts: FactorParts) -> None:
        self._parts = parts
        self._store = parts.store
        self.checks = parts.checks

    def held(self, user_id: str) -> Held:
        """Return a person's second factors."""
        return self.checks.held(user_id)

    def begin_app(self, user: User, origin: Origin) -> Begun:
        """Make the secret of an authenticator app, which counts once a code of it came back; one begun before is gone.

        Raises management.conflict when there is a confirmed one.
        """
        before = self._store.find_app(user.id)
        if before is not None and before.confirmed_ns is not None:
            raise errors.has_app_already()
        secret = totp.generate_secret()
        sealed = self._parts.sealer.seal(secret, app_aad(user.id))
        with self._parts.transactions.write():
            self._store.put_app(AuthenticatorApp(user.id, sealed, -1, self._parts.clock.now_ns()))
            self._record(user, origin, "totp.begin")
        uri = totp.build_uri(secret, issuer=f"{ISSUER} {self._parts.host}", account=user.name)
        return Begun(Secret(totp.write_secret(secret)), Secret(uri))

    def confirm_app(self, user: User, code: str, origin: Origin) -> Changed:
        """Count the app from now on.

        Raises management.conflict (none begun), management.invalid (a wrong code), management.throttled.
        """
        app = self._store.find_app(user.id)
        if app is None or app.confirmed_ns is not None:
            raise errors.no_app_begun()
        gate = self._parts.sessions.gate
        attempt = gate.enter_with_code(origin.address, user)
        if not self.checks.take_step(app, code):
            refusal = Refusal("totp.confirm", Subject("user", user.id, user.name), "management.invalid")
            self._parts.trail.refuse(actor_of(user, origin), refusal)
            raise errors.wrong_code()
        gate.passed(attempt)
        with self._parts.transactions.write():
            used = self._store.find_app(user.id)
            if used is None:
                raise errors.no_app_begun()
            self._store.put_app(replace(used, confirmed_ns=self._parts.clock.now_ns()))
            self._record(user, origin, "totp.confirm")
            self._tell("factor_added", user, "totp", origin)
            return self._changed(user, origin, "totp")

    def remove_app(self, user: User, origin: Origin) -> Changed:
        """Forget the authenticator app. Raises management.not_found."""
        with self._parts.transactions.write():
            if not self._store.delete_app(user.id):
                raise errors.no_app()
            self._record(user, origin, "totp.remove")
            self._tell("factor_removed", user, "totp", origin)
            return self._changed(user, origin, None)

    def ask_registration(self, user: User) -> Asked:
        """Return a challenge for a new passkey, with those that there are. Raises management.conflict."""
        asked = self.checks.ask_passkey("register", user.id)
        if len(asked.passkeys) >= PASSKEYS_MAX:
            raise errors.too_many_passkeys(PASSKEYS_MAX)
        return asked

    def add_passkey(self, user: User, name: str, presented: Registration, origin: Origin) -> Changed:
        """Store a passkey whose registration is right.

        Raises management.invalid (the name, the answer), management.conflict (no passkeys here, too many, known).
        """
        clean, place = _passkey_name(name), self.checks.place
        if place is None:
            raise errors.no_passkeys_here()
        challenge = self.checks.take_challenge(presented.client_data, "register", user.id)
        key = None if challenge is None else self.checks.register(presented, challenge, place)
        if key is None:
            raise errors.wrong_passkey()
        passkey = Passkey(
            id=new_id(PASSKEY),
            user_id=user.id,
            name=clean,
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=" ".join(presented.transports),
            is_backed_up=key.is_backed_up,
            created_ns=self._parts.clock.now_ns(),
        )
        with self._parts.transactions.write():
            if len(self._store.list_passkeys(user.id)) >= PASSKEYS_MAX:
                raise errors.too_many_passkeys(PASSKEYS_MAX)
            self._store.add_passkey(passkey)
            self._record(user, origin, "passkey.add", None, _facts(passkey))
            self._tell("factor_added", user, "passkey", origin)
            return replace(self._changed(user, origin, "passkey"), passkey=passkey)

    def rename_passkey(self, user: User, passkey_id: str, name: str, origin: Origin) -> Passkey:
        """Give a passkey another name. Raises management.not_found, management.invalid."""
        clean = _passkey_name(name)
        with self._parts.transactions.write():
            before = self._find(user.id, passkey_id)
            self._store.rename_passkey(user.id, passkey_id, clean)
            after = replace(before, name=clean)
            self._record(user, origin, "passkey.rename", _facts(before), _facts(after))
            return after

    def remove_passkey(self, user: User, passkey_id: str, origin: Origin) -> Changed:
        """Forget a passkey. Raises management.not_found."""
        with self._parts.transactions.write():
            before = self._find(user.id, passkey_id)
            self._store.delete_passkey(user.id, passkey_id)
            self._record(user, origin, "passkey.remove", _facts(before))
            self._tell("factor_removed", user, "passkey", origin)
            return self._changed(user, origin, None)

    def renew_codes(self, user: User, origin: Origin) -> Codes:
        """Return new recovery codes; those before stop working. Raises management.conflict without a factor."""
        with self._parts.transactions.write():
            if not self.held(user.id).is_any:
                raise errors.no_factor()
            self._record(user, origin, "recovery_codes.renew")
            self._tell("codes_renewed", user, "recovery", origin)
            return self._new_codes(user)

    def _find(self, user_id: str, passkey_id: str) -> Passkey:
        for passkey in self._store.list_passkeys(user_id):
            if passkey.id == passkey_id:
                return passkey
        raise errors.passkey_not_found()

    def _changed(self, user: User, origin: Origin, method: Method | None) -> Changed:
        """End all sessions, begin one, and settle the recovery codes. `method` None: a factor went.

        The first factor brings codes, and the last takes them along.
        """
        held, codes = self.held(user.id), None
        if method is not None and held.recovery_codes == 0:
            codes = self._new_codes(user)
        if method is None and not held.is_any:
            self._store.replace_codes(user.id, (), self._parts.clock.now_ns())
        why = Beginning(SIGNING_IN, method or _strongest(held))
        return Changed(self._parts.sessions.begin_anew(user.id, origin, why), codes)

    def _new_codes(self, user: User) -> Codes:
        codes = generate_codes()
        hashes = [one for one in (hash_code(user.id, code) for code in codes) if one is not None]
        self._store.replace_codes(user.id, hashes, self._parts.clock.now_ns())
        return tuple(Secret(code) for code in codes)

    def _tell(self, change: AccountChange, user: User, means: Method, origin: Origin) -> None:
        self._parts.notices.tell(AccountNews(change, user, actor_of(user, origin), means, origin.agent))

    def _record(
        self, user: User, origin: Origin, action: str, before: Facts | None = None, after: Facts | None = None
    ) -> None:
        self._parts.trail.record(actor_of(user, origin), action, Subject("user", user.id, user.name), before, after)


def _strongest(held: Held) -> Method:
    """Return by what a person confirmed themselves a moment ago, since removing a factor needs that."""
    return held.methods[0] if held.methods else "password"


def _facts(passkey: Passkey) -> dict[str, object]:
    """Return what the audit log shows of a passkey."""
    return {"passkey": passkey.id, "name": passkey.name}


def _passkey_name(name: str) -> str:
    clean = name.strip()
    if not clean or len(clean) > PASSKEY_NAME_CHARS_MAX or not clean.isprintable():
        raise refuse("/name", f"Choose a name of 1 to {PASSKEY_NAME_CHARS_MAX} printable characters.")
    return clean
