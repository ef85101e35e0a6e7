"""What the stand-in console answers about limits of every level, budgets, plans and acts on many tokens."""

from datetime import timedelta
from typing import Any

from aiohttp import web
from facts import LIMITS, NO_LIMITS, TOKENS, Json, before, meters, now, text

NO_METERS: Json = {"requests": [], "concurrency": None, "budgets": [], "every": []}
TEAM_LIMITS: Json = {
    **NO_LIMITS,
    "budgets": [
        {
            **LIMITS["budgets"][0],
            "limit_usd": "2000",
            "top_ups": [
                {
                    "id": "top_0123456789abcdef",
                    "amount": None,
                    "amount_usd": "250.00",
                    "starts_at": None,
                    "ends_at": text(now() + timedelta(days=2)),
                }
            ],
        }
    ],
}
PLANS: list[Json] = [
    {
        "id": "plan_0000000000000001",
        "name": "interns",
        "description": "for the summer",
        "limits": LIMITS,
        "tokens": 42,
        "applications": 1,
        "created_at": before(days=40),
        "created_by": "user:user_1",
        "updated_at": before(days=2),
        "updated_by": "user:user_1",
    },
    {
        "id": "plan_0000000000000002",
        "name": "partners",
        "description": "",
        "limits": NO_LIMITS,
        "tokens": 0,
        "applications": 0,
        "created_at": before(days=9),
        "created_by": "operator",
        "updated_at": before(days=9),
        "updated_by": "operator",
    },
]
USED: list[tuple[str, str, str, str | None, int, float, int | None]] = [
    ("team", "team_default", "default", None, 2, 101.5, None),
    ("token", TOKENS[0][0], TOKENS[0][1], "interns", 2, 84.9, 3),
    ("application", "app_shop", "web shop", None, 0, 61.0, None),
    ("global", "global", "the installation", None, 3, 12.0, None),
]


class LimitReads:
    """Reads and acts of limits, plans and jobs, for the stand-in to inherit."""

    is_fresh: bool
    tokens: list[Json]
    looks = 0

    def read_limits(self, rest: str, _request: web.Request) -> Json:
        """Answer who has limits, the limits of one owner, or their meters."""
        if not rest:
            items = [] if self.is_fresh else [_owned("team", "team_default"), _owned("global", "global")]
            return {"items": items}
        level, owner_id, *part = rest.split("/")
        if part:
            return NO_METERS if self.is_fresh or _limits(level, owner_id) is NO_LIMITS else meters()
        return _owned(level, owner_id)

    def read_budgets(self, _rest: str, request: web.Request) -> Json:
        """Answer limits by how much of them is used."""
        every = meters()["every"]
        items = [
            {
                "level": level,
                "owner_id": owner_id,
                "owner_name": name,
                "plan_name": plan,
                "percent": percent,
                "used_up_at": None if days is None else text(now() + timedelta(days=days)),
                "meter": every[index],
            }
            for level, owner_id, name, plan, index, percent, days in USED
            if request.query.get("level", level) == level
        ]
        return {"items": [] if self.is_fresh else items}

    def read_alerts(self, rest: str, request: web.Request) -> Json:
        """Answer what fired, or how much of it is open."""
        found = [] if self.is_fresh else _alerts()
        if rest == "summary":
            return {"open": sum(alert["state"] == "open" for alert in found)}
        state = request.query.get("state")
        return {"items": [alert for alert in found if state in (None, alert["state"])], "next_cursor": None}

    def act_on_alerts(self, rest: list[str], body: Json) -> Json:
        """Acknowledge alerts, or take it back."""
        return {"items": [alert for alert in _alerts() if alert["id"] in body["ids"]]}

    def read_plans(self, rest: str, _request: web.Request) -> Json | None:
        """Answer the plans, or one."""
        plans = [] if self.is_fresh else PLANS
        if rest:
            return next((plan for plan in plans if plan["id"] == rest), None)
        return {"items": plans, "next_cursor": None}

    def read_token_jobs(self, rest: str, _request: web.Request) -> Json:
        """Answer the jobs, or how far the one that was begun is: done at the third look."""
        if not rest:
            return {"items": [], "next_cursor": None}
        self.looks += 1
        return _job(min(self.looks, 3) * 14)

    def change_limits(self, rest: list[str], body: Json) -> Json:
        """Give limits or a top-up."""
        return {**_owned(rest[0], rest[1]), **({"limits": TEAM_LIMITS} if rest[2:] else {})}

    def act_on_jobs(self, rest: list[str], body: Json) -> Json:
        """Preview or begin a job."""
        if rest == ["preview"]:
            sample = [{"id": one["id"], "masked": one["masked"], "name": one["name"], "state": one["state"],
                       "application_name": None, "plan_name": None, "expires_at": None}
                      for one in self.tokens[:5]]  # fmt: skip
            return {"total": 42, "sample": sample}
        self.looks = 0
        return _job(0)


def _alerts() -> list[Json]:
    budget = {
        "id": "alrt_0000000000000001",
        "kind": "budget",
        "state": "open",
        "level": "team",
        "owner_id": "team_default",
        "owner_name": "default",
        "limit_name": "month",
        "measure": "cost",
        "alert_percent": 100,
        "percent": 101,
        "used": "2020.50",
        "allowed": "2000",
        "soft": False,
        "fired_at": before(minutes=14),
        "until": text(now() + timedelta(days=4)),
        "used_up_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "note": "",
    }
    soft = {"kind": "limit", "measure": "total_tokens", "limit_name": "tokens", "used": "812000", "allowed": "1000000"}
    failing = {"kind": "provider", "level": "provider", "owner_id": "prov_local", "owner_name": "Rack 4"}
    nothing = {"limit_name": None, "measure": None, "used": None, "allowed": None, "alert_percent": 0, "percent": 0}
    seen = {"acknowledged_at": before(hours=1), "acknowledged_by": "user:user_2", "note": "asked for a top-up"}
    return [
        budget,
        {**budget, **soft, "id": "alrt_0000000000000002", "alert_percent": 80, "percent": 81, "soft": True},
        {**budget, **failing, **nothing, "id": "alrt_0000000000000003"},
        {**budget, **seen, "id": "alrt_0000000000000004", "state": "acknowledged", "alert_percent": 80},
    ]


def _limits(level: str, owner_id: str) -> Json:
    if level == "team":
        return TEAM_LIMITS
    is_limited = level == "global" or owner_id in {"app_shop", *(row[0] for row in TOKENS[:3])}
    return LIMITS if is_limited else NO_LIMITS


def _owned(level: str, owner_id: str) -> Json:
    name = {"global": "the installation", "team_default": "default"}.get(owner_id, owner_id)
    return {"level": level, "owner_id": owner_id, "owner_name": name, "limits": _limits(level, owner_id)}


def _job(looked_at: int) -> dict[str, Any]:
    is_done = looked_at >= 42
    return {
        "id": "job_0123456789abcdef",
        "state": "done" if is_done else "running",
        "act": "set_plan",
        "plan_id": PLANS[0]["id"],
        "expires_at": None,
        "filter": {},
        "total": 42,
        "looked_at": looked_at,
        "changed": looked_at,
        "undoes": None,
        "can_undo": is_done,
        "created_at": before(seconds=5),
        "created_by": "user:user_1",
        "ended_at": before(seconds=1) if is_done else None,
    }
