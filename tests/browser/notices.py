"""What the stand-in console answers about webhooks, their deliveries and mail; the kinds of event are the real ones."""

import json

from aiohttp import web
from facts import Json, before

from tollway.control.notices.events import KINDS

HOOK_ID = "hook_4tKq9XbLm2PzR7wY"
WEBHOOKS = [
    (HOOK_ID, "On-call room", "https://hooks.example.com/rooms/on-call", ["provider.failing", "budget.near_end"], 2),
    ("hook_B8nV3cXs6JdH1gTq", "Security log", "https://siem.example.com/in?source=tollway", None, 0),
    ("hook_y7PaEi4DqN0bK5mU", "Old chat", "https://chat.example.com/hooks/17", ["user.invited"], 0),
]
TAKEN = {"status": 200, "milliseconds": 84, "detail": "Taken.", "code": None}
DOWN = {"status": 503, "milliseconds": 31, "detail": "The receiver answered 503.", "code": "upstream.protocol"}
AWAY = {
    "status": None,
    "milliseconds": 15_000,
    "detail": "The upstream did not answer in time.",
    "code": "upstream.timeout",
}
DELIVERIES = [
    ("msg_1aQ", "budget.near_end", "pending", 3, DOWN, {"minutes": 2}),
    ("msg_2bW", "provider.failing", "delivered", 1, TAKEN, {"minutes": 40}),
    ("msg_3cE", "provider.failing", "delivered", 2, TAKEN, {"hours": 5}),
    ("msg_4dR", "budget.near_end", "failed", 11, AWAY, {"days": 2}),
    ("msg_5eT", "webhook.test", "delivered", 1, TAKEN, {"days": 3}),
]


class NoticeReads:
    """Reads and acts of webhooks and mail, for the stand-in to inherit."""

    is_fresh: bool

    def read_webhooks(self, rest: str, request: web.Request) -> Json | None:
        """Answer the webhooks, one, its deliveries, one of them, or the kinds of event."""
        if rest == "events":
            return {"items": [_kind(kind) for kind, one in KINDS.items() if one.can_be_chosen]}
        hooks = [] if self.is_fresh else [_webhook(*row) for row in WEBHOOKS]
        if not rest:
            return {"items": hooks}
        hook_id, _, part = rest.partition("/")
        if not part:
            return next((one for one in hooks if one["id"] == hook_id), None)
        deliveries = [_delivery(*row) for row in DELIVERIES] if hook_id == HOOK_ID else []
        if part != "deliveries":
            found = next(one for one in deliveries if one["id"] == part.partition("/")[2])
            return {**found, "attempts": [found["last_attempt"]], "body": _body(found)}
        for name in ("state", "event"):
            if wanted := request.query.get(name):
                deliveries = [one for one in deliveries if one[name] == wanted]
        return {"items": deliveries, "next_cursor": None}

    def read_mail(self, _rest: str, _request: web.Request) -> Json:
        """Answer how mail is sent."""
        server = {
            "host": "mail.example.com",
            "port": 587,
            "security": "starttls",
            "username": "tollway",
            "has_password": True,
            "from_address": "tollway@example.com",
            "from_name": "Tollway",
            "updated_at": before(days=4),
            "updated_by": "local:operator",
        }
        return {"server": None if self.is_fresh else server, "waiting": 0 if self.is_fresh else 2}

    def act_on_webhook(self, rest: list[str], body: Json) -> Json:
        """Answer an act: a new webhook or secret shows the secret, the others what they acted on."""
        made = {**_webhook(*WEBHOOKS[0]), **body}
        if not rest or rest[1:] == ["secret"]:
            return {**made, "secret": "whsec_" + "c3RhbmQtaW4" * 4}
        if rest[1:] == ["test"]:
            tested = _delivery("msg_6fY", "webhook.test", "delivered", 1, TAKEN, {"seconds": 1})
            return {**tested, "attempts": [tested["last_attempt"]], "body": _body(tested)}
        return made if len(rest) < 3 else {**_delivery(*DELIVERIES[0]), "id": rest[2]}


def _webhook(key: str, name: str, url: str, events: list[str] | None, pending: int) -> Json:
    is_gone = name == "Old chat"
    return {
        "id": key,
        "name": name,
        "url": url,
        "events": events,
        "allow_private": False,
        "state": "disabled" if is_gone else "enabled",
        "disabled_reason": "The receiver answered 410: it wants nothing any more." if is_gone else None,
        "previous_secret_until": None,
        "pending": pending,
        "dropped": 0,
        "delivered_at": before(minutes=40),
        "failed_at": before(minutes=2) if pending else None,
        "created_at": before(days=30),
        "created_by": "operator",
    }


def _delivery(key: str, event: str, state: str, attempts: int, last: Json, ago: dict[str, float]) -> Json:
    return {
        "id": key,
        "event": event,
        "state": state,
        "created_at": before(**ago),
        "due_at": before(seconds=-90) if state == "pending" else None,
        "attempts_total": attempts,
        "last_attempt": {**last, "at": before(**ago)},
    }


def _kind(kind: str) -> Json:
    one = KINDS[kind]  # type: ignore[index]
    return {"name": kind, "version": one.version, "meaning": one.meaning, "fields": list(one.data.__struct_fields__)}


def _body(delivery: Json) -> str:
    head = {"id": "evt_9Kd", "type": delivery["event"], "version": 1, "timestamp": delivery["created_at"]}
    return json.dumps({**head, "data": {"owner_name": "shop production", "percent": 83}})
