"""What the stand-in console answers about security events, rules and decoys; the rules are the real ones."""

from aiohttp import web
from facts import Json, before

from tollway.control.security.model import DEFAULT_RULES
from tollway.control.security.stated import show_fields

EVENTS: list[Json] = [
    {
        "id": "sec_4tKq9XbLm2PzR7wY",
        "kind": "leaked",
        "severity": "critical",
        "token_id": "4tKq9XbLm2Pz",
        "token_name": "shop production",
        "facts": {
            "url": "https://code.example/acme/shop/blob/main/settings.py",
            "source": "content",
            "reporter": "github",
            "token_was": "active",
        },
        "act": "quarantine",
        "act_state": "done",
        "count": 2,
        "hours": 1,
    },
    {
        "id": "sec_B8nV3cXs6JdH1gTq",
        "kind": "spike",
        "severity": "high",
        "token_id": "c0GyWd5uTaJ3",
        "token_name": "nightly reports",
        "facts": {
            "address": "192.0.2.14",
            "client": "openai-python/1.99",
            "measure": "cost_nanos",
            "in_this_hour": 61_000_000_000,
            "busiest_hour_before": 4_000_000_000,
        },
        "act": "limit",
        "act_state": "would",
        "count": 1,
        "hours": 5,
    },
    {
        "id": "sec_y7PaEi4DqN0bK5mU",
        "kind": "scanning",
        "severity": "medium",
        "token_id": None,
        "token_name": None,
        "subject": "2001:db8:41::/64",
        "facts": {"address": "2001:db8:41::7", "client": "curl/8.5", "different_credentials": 24},
        "act": "notify",
        "act_state": "none",
        "count": 7,
        "hours": 9,
    },
]
DECOYS = [
    {
        "token_id": "Dq1LmVx8ZtR3",
        "name": "backup key",
        "place": "the wiki's front page",
        "masked": "tws_Dq1LmVx8ZtR3…",
        "created_by": "user:user_1",
        "days": 30,
    }
]


class SecurityReads:
    """Reads of the security pages, for the stand-in to inherit."""

    is_fresh: bool

    def read_security(self, rest: str, request: web.Request) -> Json | None:
        """Answer events, how many are open, rules, or decoys."""
        events = [] if self.is_fresh else [_event(dict(each)) for each in EVENTS]
        if rest == "summary":
            return {
                level: sum(each["severity"] == level for each in events)
                for level in ("low", "medium", "high", "critical")
            }
        if rest == "rules":
            rules = {"team_id": "", "rules": show_fields(DEFAULT_RULES), "updated_at": None, "updated_by": None}
            return {"items": [{**rules, "version": 0}]}
        if rest == "decoys":
            return {"items": [] if self.is_fresh else [_decoy(dict(each)) for each in DECOYS]}
        for name in ("state", "kind", "severity", "subject"):
            if wanted := request.query.get(name):
                events = [each for each in events if each[name] == wanted]
        return {"items": events, "next_cursor": None}


def _event(event: Json) -> Json:
    at = before(hours=event.pop("hours"))
    is_done = event["act_state"] == "done"
    return {
        "subject": event["token_id"],
        "team_id": None,
        "detail": "",
        "state": "open",
        "first_at": at,
        "last_at": at,
        "act_at": at if is_done else None,
        "act_by": "program:watch" if is_done else None,
        "can_undo": is_done,
        "note": "",
        "closed_at": None,
        "closed_by": None,
        **event,
    }


def _decoy(decoy: Json) -> Json:
    return {"created_at": before(days=decoy.pop("days")), **decoy}
