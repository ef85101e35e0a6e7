"""What the stand-in console answers about the life of tokens: secrets and their use, rotation policies, lifetimes."""

from aiohttp import web
from facts import Json, before, now, text
from playwright.sync_api import Page as Tab

ROTATING = "4tKq9XbLm2Pz"
"""A token in an overlap."""
_WAITING = {"generation": 3, "by_webhook": False, "mail_to": "ada@example.org", "is_mailed": True}


def life_of(token_id: str) -> Json:
    """Return the life of a token; one is being rotated."""
    is_rotating = token_id == ROTATING
    addresses = [("10.20.4.7", "OpenAI/Python 3.54.0", 118_204), ("10.20.4.9", "OpenAI/Python 3.54.0", 2_716)]
    return {
        "generation": 2 if is_rotating else 1,
        "secret_since": before(hours=20) if is_rotating else before(days=40),
        "secrets": [_secret()] if is_rotating else [],
        "addresses": [
            {
                "address": address,
                "agent": agent,
                "first_used_at": before(days=39),
                "last_used_at": before(seconds=4),
                "calls": calls,
            }
            for address, agent, calls in addresses
        ],
        "quarantine": None,
        "waiting": _WAITING | {"until": text(now())} if token_id == "c0GyWd5uTaJ3" else None,
        "expires_max_at": None,
        "idle_since": None,
        "idle_ends_at": before(days=-5) if token_id == "c0GyWd5uTaJ3" else None,
        "replaces": None,
        "replaced_by": "4tKq9XbLm2Pz" if token_id == "y7PaEi4DqN0b" else None,
    }


def _secret() -> Json:
    return {
        "generation": 1,
        "replaced_at": before(hours=20),
        "replaced_by": "user:user_1",
        "works_until": text(now()),
        "is_working": True,
        "ended_by": None,
        "calls": 14,
        "last_used_at": before(hours=3),
        "last_address": "10.20.4.9",
        "last_agent": "OpenAI/Python 3.54.0",
        "quiet_since": before(hours=3),
        "is_safe_to_end": False,
    }


def unused_of(token_id: str) -> Json:
    """Return what a token may and did not; one has something to take away."""
    models: Json = {"granted": None, "used": [], "unused": [], "is_too_wide": False}
    if token_id == ROTATING:
        granted = ["gpt-4o-mini", "gpt-4o"]
        models = {"granted": granted, "used": granted[:1], "unused": granted[1:], "is_too_wide": True}
    services: Json = {"granted": None, "used": [], "unused": [], "is_too_wide": False}
    return {"since": before(days=39), "models": models, "services": services}


class LifeReads:
    """Reads of the pages of tokens' lives, for the stand-in to inherit."""

    is_fresh: bool

    def read_rotation_policies(self, rest: str, request: web.Request) -> Json | None:
        """Answer the policies."""
        common = {
            "state": "active",
            "overlap_seconds": 604_800,
            "created_at": before(days=9),
            "created_by": "user:user_1",
        }
        policies = [
            {
                **common,
                "id": "rot_1",
                "name": "quarterly",
                "scope": "installation",
                "scope_id": "",
                "every_seconds": 7_776_000,
                "delivery": "mail",
                "webhook_id": None,
                "mail_to": "",
            },
            {
                **common,
                "id": "rot_2",
                "name": "vault",
                "scope": "application",
                "scope_id": "app_shop",
                "every_seconds": 2_592_000,
                "delivery": "webhook",
                "webhook_id": "hook_1",
                "mail_to": "",
            },
        ]
        return {"items": [] if self.is_fresh else policies}

    def read_lifetime_rules(self, rest: str, request: web.Request) -> Json | None:
        """Answer the rules."""
        rule = {
            "scope": "installation",
            "scope_id": "",
            "default_seconds": 2_592_000,
            "max_seconds": 31_536_000,
            "idle_seconds": 7_776_000,
            "updated_at": before(days=9),
            "updated_by": "user:user_1",
        }
        return {"items": [] if self.is_fresh else [rule]}


def rotate(tab: Tab) -> None:
    """Open the dialog that rotates."""
    tab.get_by_role("button", name="Rotate", exact=True).click()
    tab.get_by_role("dialog").wait_for()


def give_by_link(tab: Tab) -> None:
    """Open the dialog of a one-time link."""
    tab.get_by_role("button", name="Give by link").first.click()
    tab.get_by_role("dialog").wait_for()


def new_policy(tab: Tab) -> None:
    """Open the form of a policy."""
    tab.get_by_role("button", name="Add a policy").first.click()
    tab.get_by_role("dialog").wait_for()


def new_rule(tab: Tab) -> None:
    """Open the form of a rule."""
    tab.get_by_role("button", name="Set a rule").click()
    tab.get_by_role("dialog").wait_for()
