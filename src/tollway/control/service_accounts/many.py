"""What is done to several service accounts at once: each by the act on one, which holds the rules."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tollway.control.actor import Actor
from tollway.control.each import Outcome
from tollway.control.service_accounts.model import ServiceAccountChange
from tollway.control.service_accounts.service import ServiceAccounts
from tollway.control.sessions.model import User

AccountsActKind = Literal["deactivate", "reactivate", "set_role", "set_owner"]


@dataclass(frozen=True, slots=True)
class DoneAccount:
    """One account after an act, as it was before, and how many of its tokens ended."""

    account: User
    was: User
    tokens: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether there was anything to do."""
        return self.account != self.was


def act_on_accounts(
    accounts: ServiceAccounts, kind: AccountsActKind, actor: Actor, change: ServiceAccountChange
) -> Callable[[str], DoneAccount]:
    """Return what acts on one account, by id; `change` is what is set. It raises what the act on one raises."""

    def act(account_id: str) -> DoneAccount:
        was = accounts.get(account_id, actor.sight)
        match kind:
            case "deactivate":
                ended = accounts.deactivate(account_id, actor)
                return DoneAccount(ended.account, was, ended.tokens)
            case "reactivate":
                return DoneAccount(accounts.reactivate(account_id, actor), was)
            case "set_role" | "set_owner":
                return DoneAccount(accounts.change(account_id, change, actor), was)

    return act


def undo_accounts(kind: AccountsActKind, outcomes: Iterable[Outcome[DoneAccount]]) -> dict[str, Sequence[str]]:
    """Return who gets which role or owner back, ids by what it was; empty where nothing can be undone.

    Who had no owner keeps the new one: an owner can be replaced, not taken away.
    """
    back: dict[str, list[str]] = {}
    for outcome in outcomes:
        done = outcome.done
        if done is None or not done.is_changed:
            continue
        was = {"set_role": done.was.role, "set_owner": done.was.owner_id}.get(kind)
        if was:
            back.setdefault(was, []).append(outcome.id)
    return dict(back)
