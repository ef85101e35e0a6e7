"""Acts on several service accounts over HTTP: what each would come to, and doing it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import UNSET

from tollway.control.each import Deed, Outcome, find_matching
from tollway.control.faults import refuse
from tollway.control.service_accounts.api import Id, ServiceAccountFilterQuery
from tollway.control.service_accounts.many import (
    AccountsActKind,
    DoneAccount,
    act_on_accounts,
    undo_accounts,
)
from tollway.control.service_accounts.model import ServiceAccountChange
from tollway.web.asking import Asking, FreshServiceAccounts, ReadServiceAccounts, WriteServiceAccounts
from tollway.web.each import EachOutput, Ids, MatchingOutput, count, item_of, show_matching
from tollway.web.fields import Input, Output

router = APIRouter(prefix="/service-accounts/acts", tags=["service accounts"])


class AccountsActInput(Input):
    """What is done to each: `deactivate`, `reactivate`, `set_role` (`role`) or `set_owner` (`owner_id`)."""

    kind: AccountsActKind
    role: Id | None = None
    owner_id: Id | None = None
    ids: Ids


class AccountActOutput(EachOutput):
    """What came of one account, and how many of its tokens were revoked."""

    tokens: int


class AccountsUndoOutput(Output):
    """An act that takes a part of another one back."""

    kind: AccountsActKind
    role: str | None
    owner_id: str | None
    ids: list[str]


class AccountsActOutput(Output):
    """What came of each, in the order of the ids; `undo` are the acts that give roles or owners back."""

    done: int
    nothing_to_do: int
    refused: int
    items: list[AccountActOutput]
    undo: list[AccountsUndoOutput]


@router.get("/matching")
def find_matching_service_accounts(
    query: Annotated[ServiceAccountFilterQuery, Query()], ask: ReadServiceAccounts
) -> MatchingOutput:
    """Return the ids of all accounts that a filter of the list chooses, so that all of them can be acted on."""
    wanted, accounts, sight = query.wanted, ask.services.service_accounts, ask.sight
    return show_matching(
        find_matching(lambda after, limit: accounts.page(wanted, sight=sight, after=after, limit=limit))
    )


@router.post("/preview")
def preview_service_accounts_act(body: AccountsActInput, ask: WriteServiceAccounts) -> AccountsActOutput:
    """Show what an act on several service accounts would come to for each; nothing is changed."""
    act = act_on_accounts(ask.services.service_accounts, body.kind, ask.actor, _change(body))
    return _show(body, ask.services.each.rehearse(body.ids, act), ask)


@router.post("")
def act_on_service_accounts(body: AccountsActInput, ask: FreshServiceAccounts) -> AccountsActOutput:
    """Act on several service accounts, each by the rules of the act on one; refusals are listed."""
    act = act_on_accounts(ask.services.service_accounts, body.kind, ask.actor, _change(body))
    deed = Deed(ask.actor, f"service_account.{body.kind}", "service_account")
    return _show(body, ask.services.each.act(body.ids, act, deed), ask)


def _change(body: AccountsActInput) -> ServiceAccountChange:
    """Return what is set; what the act needs has to be there."""
    if body.kind == "set_role" and body.role is None:
        raise refuse("/role", "say which role they get")
    if body.kind == "set_owner" and body.owner_id is None:
        raise refuse("/owner_id", "say who answers for them")
    return ServiceAccountChange(
        role=body.role if body.kind == "set_role" and body.role else UNSET,
        owner_id=body.owner_id if body.kind == "set_owner" and body.owner_id else UNSET,
    )


def _show(body: AccountsActInput, outcomes: Sequence[Outcome[DoneAccount]], ask: Asking) -> AccountsActOutput:
    names = ask.services.service_accounts.names([one.id for one in outcomes])
    items = [
        AccountActOutput(
            **item_of(one, names, is_changed=one.done is not None and one.done.is_changed),
            tokens=one.done.tokens if one.done else 0,
        )
        for one in outcomes
    ]
    return AccountsActOutput(
        **count(items),
        items=items,
        undo=[
            AccountsUndoOutput(
                kind=body.kind,
                role=was if body.kind == "set_role" else None,
                owner_id=was if body.kind == "set_owner" else None,
                ids=list(ids),
            )
            for was, ids in undo_accounts(body.kind, outcomes).items()
        ],
    )
