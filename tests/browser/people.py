"""What the stand-in console answers about people, teams and roles; roles are the real ones."""

from typing import Any

from aiohttp import web
from facts import Json, before

from tollway.control.access.model import REGISTRY, Permission
from tollway.control.access.roles import BUILT_IN

TEAMS = {"team_default": "Default", "team_shop": "Web shop", "team_data": "Data science"}
PEOPLE = [
    ("user_1", "operator", "active", "owner", ["team_default"], 2, {"hours": 1}),
    ("user_2", "Ana Ruiz", "active", "admin", ["team_shop", "team_data"], 0, {"days": 1}),
    ("user_3", "Mbali Dube", "active", "developer", ["team_shop"], 3, {"hours": 5}),
    ("user_4", "Jonas Weber", "invited", "developer", ["team_data"], 0, None),
    ("user_5", "Kenji Sato", "active", "auditor", [], 0, {"days": 12}),
    ("user_6", "Lena Novak", "deactivated", "viewer", ["team_shop"], 0, {"days": 90}),
]
ACCOUNTS = [
    ("sva_deploy", "deploy pipeline", "active", "team_shop", "user_3", 2),
    ("sva_nightly", "nightly import", "active", "team_data", None, 1),
    ("sva_old", "old crawler", "deactivated", "team_data", "user_2", 0),
]
CUSTOM: Json = {
    "id": "role_support",
    "name": "Support",
    "description": "Looks calls up for customers",
    "is_built_in": False,
    "rights": [
        {"permission": "tokens.read", "reach": "team"},
        {"permission": "calls.read", "reach": "team"},
        {"permission": "account.use", "reach": "own"},
    ],
    "holders": 0,
    "created_at": before(days=3),
    "created_by": "operator",
}
ACTS: list[tuple[int, str, str, str, str, str | None, str, str, Json | None, Json | None]] = [
    (
        4812,
        "Ana Ruiz",
        "admin",
        "token.revoke",
        "done",
        None,
        "token",
        "old search indexer",
        {"state": "active"},
        {"state": "revoked", "revoked_reason": "leaked in a log"},
    ),
    (
        4811,
        "Mbali Dube",
        "developer",
        "POST create_provider",
        "refused",
        "management.forbidden",
        "provider",
        "",
        None,
        None,
    ),
    (
        4810,
        "operator",
        "owner",
        "user.invite",
        "done",
        None,
        "user",
        "Jonas Weber",
        None,
        {"name": "Jonas Weber", "role": "developer", "state": "invited"},
    ),
    (4809, "operator", "owner", "member.join", "done", None, "user", "Mbali Dube", None, {"team_id": "team_shop"}),
    (
        4808,
        "operator",
        "operator",
        "provider.change",
        "done",
        None,
        "provider",
        "openai",
        {"priority": 0},
        {"priority": 2},
    ),
    (4807, "", "", "session.begin", "refused", "management.sign_in", "user", "Kenji Sato", None, None),
    (
        4806,
        "Kenji Sato",
        "auditor",
        "session.begin",
        "done",
        None,
        "session",
        "",
        None,
        {"address": "10.2.0.7", "agent": "Firefox"},
    ),
]


def service_account(account_id: str, name: str, state: str, team_id: str, owner_id: str | None, tokens: int) -> Json:
    """Return one service account as the console shows it."""
    return {
        "id": account_id,
        "name": name,
        "email": None,
        "state": state,
        "role": "developer",
        "role_name": "Developer",
        "team_id": team_id,
        "team_name": TEAMS[team_id],
        "owner_id": owner_id,
        "owner_name": next((row[1] for row in PEOPLE if row[0] == owner_id), None),
        "tokens": tokens,
        "created_at": before(days=12),
        "created_by": "user:user_2",
    }


class PeopleReads:
    """Reads of people, teams and roles, for the stand-in to inherit."""

    crowd = 0
    """How many people there are beside those with a name of their own."""

    def read_session(self, _rest: str, _request: web.Request) -> Json:
        """Answer the owner's session."""
        rights = [{"permission": name, "reach": reach} for name, reach in BUILT_IN["owner"].rights.items()]
        user = {"id": "user_1", "name": "operator", "role": "owner", "role_name": "Owner"}
        team_ids = ["team_default"]
        return {
            "user": user,
            "csrf": "csrf-value",
            "expires_at": before(hours=-9),
            "fresh_until": before(minutes=-9),
            "confirm_by": ["passkey", "totp", "recovery"],
            "needs_second_factor": False,
            "rights": rights,
            "team_ids": team_ids,
        }

    def read_account(self, rest: str, request: web.Request) -> Json:
        """Answer the owner's second factors, or where the owner is signed in."""
        if rest == "factors":
            return factors(f"http://{request.host}")
        rows = [
            ("sess_1", "10.2.0.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", {"minutes": 1}, True),
            ("sess_2", "192.0.2.44", "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0) Safari/605", {"hours": 3}, False),
        ]
        items = [
            {"id": key, "address": address, "agent": agent, "last_seen_at": before(**seen), "is_current": is_current}
            for key, address, agent, seen, is_current in rows
        ]
        times = {"created_at": before(hours=6), "expires_at": before(hours=-6), "confirmed_at": before(hours=6)}
        items = [{**item, "method": "passkey" if item["is_current"] else "totp"} for item in items]
        return {"items": [{**item, **times} for item in items]}

    def read_users(self, rest: str, request: web.Request) -> Json | None:
        """Answer a list, filtered as the console does, or one person."""
        people = [person(*row) for row in PEOPLE + crowd(self.crowd)]
        if rest.endswith("/sessions"):
            return self.read_account("", request)
        if rest and rest != "acts/matching":
            return next((one for one in people if one["id"] == rest), None)
        for name in ("state", "role"):
            if wanted := request.query.get(name):
                people = [one for one in people if one[name] == wanted]
        people = searched(people, request)
        if rest:
            return {"ids": [one["id"] for one in people], "has_more": False}
        at, size = int(request.query.get("cursor", 0)), int(request.query.get("limit", 50))
        return {"items": people[at : at + size], "next_cursor": str(at + size) if at + size < len(people) else None}

    def read_service_accounts(self, rest: str, request: web.Request) -> Json | None:
        """Answer the service accounts, or one."""
        accounts = [service_account(*row) for row in ACCOUNTS]
        if rest:
            return next((one for one in accounts if one["id"] == rest), None)
        return {"items": searched(accounts, request), "next_cursor": None}

    def read_teams(self, rest: str, request: web.Request) -> Json | None:
        """Answer the teams, one, or its members."""
        team_id, _, part = rest.partition("/")
        if part == "members":
            items = [
                {
                    "user_id": key,
                    "name": name,
                    "state": state,
                    "role": role,
                    "role_name": BUILT_IN[role].name,
                    "joined_at": before(days=20),
                    "joined_by": "operator",
                }
                for key, name, state, role, teams, *_ in PEOPLE
                if team_id in teams
            ]
            return {"items": items, "next_cursor": None}
        teams = [
            {
                "id": key,
                "name": name,
                "is_default": key == "team_default",
                "created_at": before(days=60),
                "created_by": "operator",
            }
            for key, name in TEAMS.items()
        ]
        return (
            next((one for one in teams if one["id"] == team_id), None)
            if team_id
            else {"items": searched(teams, request), "next_cursor": None}
        )

    def read_roles(self, rest: str, _request: web.Request) -> Json:
        """Answer the roles, or the registry of permissions."""
        if rest == "permissions":
            shown = [(name, one) for name, one in REGISTRY.items() if name is not Permission.MACHINE_OPERATE]
            return {
                "items": [
                    {"name": n, "area": one.area, "meaning": one.meaning, "reaches": list(one.reaches)}
                    for n, one in shown
                ]
            }
        return {"items": [*(role(key) for key in BUILT_IN), CUSTOM]}

    def read_audit(self, rest: str, request: web.Request) -> Json:
        """Answer entries, filtered by outcome as the console does, or the check of the log."""
        if rest == "verify":
            return {
                "is_whole": True,
                "checked": 4812,
                "head_seq": 4812,
                "head_hash": "9f" * 32,
                "fault": None,
                "at_seq": None,
            }
        wanted = request.query.get("outcome")
        found = [entry(*row) for row in ACTS]
        return {"items": [one for one in found if wanted in (None, one["outcome"])], "next_cursor": None}


def factors(origin: str) -> Json:
    """Return the owner's second factors as the API shows them."""
    keys = [("Laptop fingerprint", True, {"hours": 6}), ("Blue key on the key ring", False, None)]
    return {
        "app": {"confirmed_at": before(days=30)},
        "passkeys": [
            {
                "id": f"pkey_{number}",
                "name": name,
                "is_backed_up": is_backed_up,
                "created_at": before(days=30 - number),
                "used_at": None if used is None else before(**used),
            }
            for number, (name, is_backed_up, used) in enumerate(keys)
        ],
        "recovery_codes": 8,
        "passkey_place": {"rp_id": "127.0.0.1", "origin": origin},
    }


def role(role_id: str) -> Json:
    """Return a built-in role as the API shows it."""
    one = BUILT_IN[role_id]
    rights = [{"permission": name, "reach": reach} for name, reach in one.rights.items()]
    shown = {"id": one.id, "name": one.name, "description": one.description, "is_built_in": True, "rights": rights}
    return {**shown, "holders": sum(row[3] == role_id for row in PEOPLE), "created_at": None, "created_by": None}


def searched(items: list[Json], request: web.Request) -> list[Json]:
    """Return those whose name begins as the request says."""
    search = request.query.get("search", "").lower()
    return [item for item in items if item["name"].lower().startswith(search)]


def crowd(count: int) -> list[Any]:
    """Return the rows of so many people whom nobody has to know by name."""
    return [(f"user_c{n}", f"Person {n:03}", "active", "viewer", [], 0, None) for n in range(1, count + 1)]


def person(
    key: str, name: str, state: str, role_id: str, teams: list[str], tokens: int, seen: dict[str, int] | None
) -> Json:
    """Return a person as the API shows them."""
    return {
        "id": key,
        "name": name,
        "state": state,
        "role": role_id,
        "role_name": BUILT_IN[role_id].name,
        "teams": [{"id": team, "name": TEAMS[team]} for team in teams],
        "personal_tokens": tokens,
        "second_factors": ["passkey", "totp"] if tokens else [],
        "created_at": before(days=50),
        "created_by": "operator",
        "signed_in_at": None if seen is None else before(**seen),
    }


def entry(
    seq: int,
    who: str,
    role_id: str,
    action: str,
    outcome: str,
    code: str | None,
    kind: str,
    name: str,
    was: Json | None,
    now: Json | None,
) -> Json:
    """Return an entry of the audit log as the API shows it."""
    return {
        "seq": seq,
        "at": before(minutes=(4813 - seq) * 7),
        "actor": f"user:{who}" if who else "unknown:",
        "actor_name": who,
        "role": role_id,
        "address": "10.2.0.7",
        "request_id": f"req_{seq}",
        "action": action,
        "outcome": outcome,
        "code": code,
        "kind": kind,
        "object_id": f"{kind}_{seq}" if name else "",
        "object_name": name,
        "before": was,
        "after": now,
    }
