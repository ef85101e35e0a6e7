"""Tokens in the config database. Rows are never deleted, so that an id is never used twice."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, false, func, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import (
    HIGHEST,
    after_position,
    chunks,
    from_json,
    in_order,
    read_names,
    read_page,
    read_row,
    to_json,
    whole,
)
from tollway.adapters.storage.config_schema import applications, tokens
from tollway.adapters.storage.limits_schema import plans
from tollway.adapters.storage.sessions_schema import users
from tollway.contract.policy import Limits
from tollway.control.access.model import NO_RIGHTS, Permission, Reach, Sight
from tollway.control.applications.ports import OwnedTokens
from tollway.control.model import Damaged, Page, Position, name_key
from tollway.control.publication.ports import PublishedTokens
from tollway.control.tokens.model import Life, Token, TokenFilter
from tollway.control.tokens.ports import TokenStore

_ALL = select(
    tokens,
    applications.c.name.label("application_name"),
    func.coalesce(applications.c.team_id, users.c.team_id).label("team_id"),
    users.c.name.label("owner_name"),
    plans.c.name.label("plan_name"),
).select_from(
    tokens.outerjoin(applications, applications.c.id == tokens.c.application_id)
    .outerjoin(users, users.c.id == tokens.c.owner_id)
    .outerjoin(plans, plans.c.id == tokens.c.plan_id)
)
_UNREVOKED = tokens.c.state.in_(("active", "disabled", "quarantined"))
_NAMED_MAX = 10
_MANY = 5_000


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of wide conditions."""

    id: ColumnElement[str]
    name_key: ColumnElement[str]
    state: ColumnElement[str]
    expires_ns: ColumnElement[int]
    not_before_ns: ColumnElement[int]
    owner_id: ColumnElement[str | None]
    application_id: ColumnElement[str | None]


_SEEK = _Columns(
    tokens.c.id,
    tokens.c.name_key,
    tokens.c.state,
    tokens.c.expires_ns,
    tokens.c.not_before_ns,
    tokens.c.owner_id,
    tokens.c.application_id,
)
_WALK = _Columns(
    tokens.c.id + "",
    tokens.c.name_key + "",
    tokens.c.state + "",
    tokens.c.expires_ns + 0,
    tokens.c.not_before_ns + 0,
    tokens.c.owner_id + "",
    tokens.c.application_id + "",
)
"""The same values as expressions, for which no index serves."""


class SQLTokenStore:
    """Implements TokenStore, OwnedTokens and PublishedTokens."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, token: Token) -> bool:
        """Store a new token; False when the id was ever used before."""
        connection = self._database.writing()
        if connection.execute(select(tokens.c.id).where(tokens.c.id == token.id)).first():
            return False
        connection.execute(insert(tokens).values(token_values(token)))
        return True

    def put(self, token: Token) -> None:
        """Store a changed token."""
        self._database.writing().execute(update(tokens).where(tokens.c.id == token.id).values(token_values(token)))

    def find(self, token_id: str) -> Token | None:
        """Return the token, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(_ALL.where(tokens.c.id == token_id)).mappings().first()
        return whole(read_row(row, _token)) if row else None

    def find_named(self, name: str) -> tuple[Token, ...]:
        """Return all tokens of that name that are not revoked, oldest first, by tokens_by_name."""
        query = in_order(_ALL.where(tokens.c.name_key == name_key(name), _UNREVOKED), tokens, is_descending=False)
        with self._database.reading() as connection:
            return read_page(connection, query, _token, limit=_NAMED_MAX).items

    def page(
        self, wanted: TokenFilter, *, sight: Sight, now_ns: int, after: Position | None, limit: int
    ) -> Page[Token]:
        """Return tokens by (created_ns, id); by tokens_by_time, _by_state, _by_application, _by_owner or _by_name."""
        is_descending = wanted.sort == "newest"
        with self._database.reading() as connection:
            conditions = match_tokens(connection, wanted, sight, now_ns)
            if (condition := after_position(tokens, after, is_descending=is_descending)) is not None:
                conditions.append(condition)
            query = in_order(_ALL.where(*conditions), tokens, is_descending=is_descending)
            return read_page(connection, query, _token, limit=limit)

    def names(self, token_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        with self._database.reading() as connection:
            return read_names(connection, tokens, token_ids)

    def count_live(self, *, now_ns: int, application_id: str | None = None) -> int:
        """Count tokens that are neither revoked nor expired, by tokens_by_expiry or _by_application."""
        query = select(func.count()).select_from(tokens).where(_UNREVOKED, _unexpired(now_ns))
        if application_id is not None:
            query = query.where(tokens.c.application_id == application_id)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def expiring(self, *, after_ns: int, until_ns: int, limit: int) -> tuple[Token, ...]:
        """Return active tokens that expire in (after_ns, until_ns], soonest first, by tokens_by_expiry."""
        in_range = and_(tokens.c.expires_ns > after_ns, tokens.c.expires_ns <= until_ns)
        query = _ALL.where(_WALK.state == "active", in_range).order_by(tokens.c.expires_ns, tokens.c.id)
        with self._database.reading() as connection:
            return read_page(connection, query, _token, limit=limit).items

    def with_idle_time(self, *, after_id: str, limit: int) -> tuple[Token, ...]:
        """Return active tokens that end when they are not used, by id; by primary key."""
        wanted = (tokens.c.id > after_id, tokens.c.idle_seconds.is_not(None), tokens.c.state == "active")
        query = _ALL.where(*wanted).order_by(tokens.c.id)
        with self._database.reading() as connection:
            return read_page(connection, query, _token, limit=limit).items

    def personal_ids(self, user_id: str) -> tuple[str, ...]:
        """Return the ids of a person's tokens that are not revoked, by tokens_by_owner."""
        query = select(tokens.c.id).where(tokens.c.owner_id == user_id, _UNREVOKED).order_by(tokens.c.id)
        with self._database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def count_personal(self, user_ids: Collection[str], *, now_ns: int) -> dict[str, int]:
        """Return how many live tokens of their own people have, by tokens_by_owner."""
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for chunk in chunks(user_ids):
                query = select(tokens.c.owner_id, func.count()).where(
                    tokens.c.owner_id.in_(chunk), _UNREVOKED, _unexpired(now_ns)
                )
                found |= {row[0]: row[1] for row in connection.execute(query.group_by(tokens.c.owner_id))}
        return found

    def owned_ids(self, application_id: str) -> tuple[str, ...]:
        """Return the ids of an application's tokens that are not revoked, by tokens_by_application."""
        query = select(tokens.c.id).where(tokens.c.application_id == application_id, _UNREVOKED).order_by(tokens.c.id)
        with self._database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def revoke_owned(self, application_id: str, *, now_ns: int, by: str, reason: str) -> None:
        """Mark every token of the application that is not revoked as revoked."""
        changes = {"state": "revoked", "revoked_ns": now_ns, "revoked_by": by, "revoked_reason": reason}
        self._database.writing().execute(
            update(tokens)
            .where(tokens.c.application_id == application_id, _UNREVOKED)
            .values(**changes, updated_ns=now_ns, updated_by=by, version=tokens.c.version + 1)
        )

    def many(self, token_ids: Collection[str]) -> tuple[Token | Damaged, ...]:
        """Return those of the tokens that exist."""
        found: list[Token | Damaged] = []
        with self._database.reading() as connection:
            for chunk in chunks(token_ids):
                query = _ALL.where(tokens.c.id.in_(chunk))
                found += [read_row(row, _token) for row in connection.execute(query).mappings()]
        return tuple(found)

    def iterate(self, *, batch: int = 1000) -> Iterator[tuple[Token | Damaged, ...]]:
        """Yield all tokens by id in batches; each batch is one look by primary key."""
        last = ""
        while True:
            query = _ALL.where(tokens.c.id > last).order_by(tokens.c.id).limit(batch)
            with self._database.reading() as connection:
                rows = connection.execute(query).mappings().all()
            if not rows:
                return
            last = rows[-1]["id"]
            yield tuple(read_row(row, _token) for row in rows)


def match_tokens(connection: Connection, wanted: TokenFilter, sight: Sight, now_ns: int) -> list[ColumnElement[bool]]:
    """Return the conditions of what is wanted, for a query in the order of (created_ns, id)."""
    if wanted.state == "active" and not _are_many(connection, [_live_by_expiry(now_ns)]):
        # Where nearly all have expired, walking past them to those that live costs more than sorting these.
        others = _conditions(replace(wanted, state=None), now_ns, _WALK)
        return [*_among(_live_by_expiry(now_ns)), _has_begun(now_ns), *others, *_in_sight(sight, _WALK)]
    conditions = [*_conditions(wanted, now_ns, _SEEK), *_in_sight(sight, _SEEK)]
    if not (_is_wide(wanted) or sight.reach is Reach.TEAM):
        return conditions
    if _are_many(connection, conditions):
        # Sorting that many costs more than walking tokens_by_time until the page is full.
        return [*_conditions(wanted, now_ns, _WALK), *_in_sight(sight, _WALK)]
    return _among(*conditions)


def _among(*conditions: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Match the same rows, of which there are few, by their ids: no index that is in the list's order tempts."""
    return [tokens.c.id.in_(select(tokens.c.id).where(*conditions))]


def _is_wide(wanted: TokenFilter) -> bool:
    """Whether what is wanted may be many rows that no index has in the order of the list."""
    by_range = wanted.search or wanted.expires_from_ns is not None or wanted.expires_before_ns is not None
    return bool(by_range) or wanted.state in ("expired", "not_yet_valid") or wanted.team_id is not None


def _unexpired(now_ns: int) -> ColumnElement[bool]:
    return or_(tokens.c.expires_ns.is_(None), tokens.c.expires_ns > now_ns)


def _has_begun(now_ns: int) -> ColumnElement[bool]:
    return or_(tokens.c.not_before_ns.is_(None), tokens.c.not_before_ns <= now_ns)


def _live_by_expiry(now_ns: int) -> ColumnElement[bool]:
    """Match active tokens that have not expired, as two ranges of tokens_by_expiry."""
    always = and_(tokens.c.expires_ns.is_(None), tokens.c.state == "active")
    return or_(always, and_(tokens.c.expires_ns > now_ns, _WALK.state == "active"))


def _are_many(connection: Connection, conditions: list[ColumnElement[bool]]) -> bool:
    """Whether more than _MANY tokens match; costs at most that many index entries."""
    found = select(tokens.c.id).where(*conditions).limit(_MANY + 1).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one() > _MANY


def _conditions(wanted: TokenFilter, now_ns: int, columns: _Columns) -> list[ColumnElement[bool]]:
    conditions = _of_state(wanted, now_ns, columns)
    if wanted.application_id is not None:
        conditions.append(tokens.c.application_id == wanted.application_id)
    if wanted.owner_id is not None:
        conditions.append(tokens.c.owner_id == wanted.owner_id)
    if wanted.plan_id is not None:
        conditions.append(tokens.c.plan_id == wanted.plan_id)
    if wanted.team_id is not None:
        of_team = select(applications.c.id).where(applications.c.team_id == wanted.team_id)
        conditions.append(columns.application_id.in_(of_team))
    if wanted.expires_from_ns is not None:
        conditions.append(columns.expires_ns >= wanted.expires_from_ns)
    if wanted.expires_before_ns is not None:
        conditions.append(columns.expires_ns < wanted.expires_before_ns)
    if wanted.search:
        conditions.append(_begins_with(wanted.search, columns))
    return conditions


def _in_sight(sight: Sight, columns: _Columns) -> list[ColumnElement[bool]]:
    """Return the condition of the tokens that a caller sees: their own, and those of their teams' applications and
    service accounts."""
    if sight.reach is Reach.ALL:
        return []
    own = columns.owner_id == sight.user_id if sight.user_id else false()
    if sight.reach is Reach.OWN or not sight.team_ids:
        return [own]
    return [or_(own, _of_teams(sorted(sight.team_ids), columns))]


def _of_teams(team_ids: list[str], columns: _Columns) -> ColumnElement[bool]:
    """Match what belongs to the teams' applications or service accounts; people are of teams, their tokens are not."""
    of_applications = select(applications.c.id).where(applications.c.team_id.in_(team_ids))
    of_services = select(users.c.id).where(users.c.team_id.in_(team_ids))
    return or_(columns.application_id.in_(of_applications), columns.owner_id.in_(of_services))


def _of_state(wanted: TokenFilter, now_ns: int, columns: _Columns) -> list[ColumnElement[bool]]:
    match wanted.state:
        case None:
            return []
        case "expired":
            # By tokens_by_expiry: that most tokens have one of these states makes their index the worst there is.
            return [_WALK.state.in_(("active", "disabled", "quarantined")), columns.expires_ns <= now_ns]
        case "not_yet_valid":
            # By tokens_by_start, which few tokens are in.
            return [_WALK.state == "active", columns.not_before_ns > now_ns, _unexpired(now_ns)]
        case "active":
            return [tokens.c.state == "active", _has_begun(now_ns), _unexpired(now_ns)]
        case "revoked":
            return [tokens.c.state == "revoked"]
        case _:
            return [tokens.c.state == wanted.state, _unexpired(now_ns)]


def _begins_with(search: str, columns: _Columns) -> ColumnElement[bool]:
    """Match the beginning of a name or of an id, as ranges: there are no wildcards to escape."""
    token_id = search.strip().rstrip("…")
    if token_id.startswith("tw") and token_id[3:4] == "_":
        token_id = token_id[4:16]
    ranges = ((columns.name_key, name_key(search)), (columns.id, token_id))
    return or_(*(and_(column >= low, column < low + HIGHEST) for column, low in ranges))


def token_values(token: Token) -> dict[str, Any]:
    """Return the row of a token."""
    return {
        "id": token.id,
        "kind": token.kind,
        "name": token.name,
        "name_key": name_key(token.name),
        "state": token.state,
        "mac": token.mac,
        "pepper_version": token.pepper_version,
        "application_id": token.application_id,
        "environment": token.environment,
        "models": None if token.models is None else to_json(token.models),
        "services": None if token.services is None else to_json(token.services),
        "limits": to_json(token.limits),
        "expires_ns": token.expires_ns,
        "created_ns": token.created_ns,
        "created_by": token.created_by,
        "updated_ns": token.updated_ns,
        "updated_by": token.updated_by,
        "version": token.version,
        "revoked_ns": token.revoked_ns,
        "revoked_by": token.revoked_by,
        "revoked_reason": token.revoked_reason,
        "owner_id": token.owner_id,
        "scopes": to_json(dict(token.scopes)) if token.scopes else None,
        "plan_id": token.plan_id,
        "not_before_ns": token.not_before_ns,
        "idle_seconds": token.idle_seconds,
        "life": to_json(token.life),
    }


def _token(row: RowMapping) -> Token:
    models, services = row["models"], row["services"]
    return Token(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        state=row["state"],
        mac=row["mac"],
        pepper_version=row["pepper_version"],
        application_id=row["application_id"],
        application_name=row["application_name"],
        team_id=row["team_id"],
        environment=row["environment"],
        models=None if models is None else from_json(models, tuple[str, ...]),
        services=None if services is None else from_json(services, tuple[str, ...]),
        limits=from_json(row["limits"], Limits),
        expires_ns=row["expires_ns"],
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
        revoked_ns=row["revoked_ns"],
        revoked_by=row["revoked_by"],
        revoked_reason=row["revoked_reason"],
        owner_id=row["owner_id"],
        owner_name=row["owner_name"],
        scopes=NO_RIGHTS if row["scopes"] is None else from_json(row["scopes"], dict[Permission, Reach]),
        plan_id=row["plan_id"],
        plan_name=row["plan_name"],
        not_before_ns=row["not_before_ns"],
        idle_seconds=row["idle_seconds"],
        life=from_json(row["life"], Life),
    )


_: type[TokenStore] = SQLTokenStore
_owned: type[OwnedTokens] = SQLTokenStore
_published: type[PublishedTokens] = SQLTokenStore
