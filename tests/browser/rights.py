"""What the stand-in console answers about the rights of callers; their shapes are the real ones."""

from facts import Json

SILENT: Json = {
    "scopes": None,
    "models": {"allow": None, "deny": []},
    "services": {"allow": None, "deny": []},
    "routes": {"allow": None, "deny": []},
    "networks": {"allow": None, "deny": [], "mode": "enforce"},
    "hours": {"zone": "UTC", "windows": None},
    "parameters": {"output_tokens_max": None, "no_tools": False, "no_images": False, "streaming_only": False},
}
WORKDAYS = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "07:00", "end": "19:30"}
OWN: dict[str, Json] = {
    "": {**SILENT, "networks": {"allow": None, "deny": ["203.0.113.0/24"], "mode": "enforce"}},
    "applications": {**SILENT, "models": {"allow": ["gpt-4o*", "group:cheap"], "deny": []}},
    "tokens": {
        **SILENT,
        "scopes": ["generate", "services"],
        "routes": {"allow": None, "deny": ["DELETE /weather/**"]},
        "networks": {"allow": ["10.0.0.0/8", "2001:db8::/32"], "deny": [], "mode": "watch"},
        "hours": {"zone": "Europe/Berlin", "windows": [WORKDAYS]},
        "parameters": {"output_tokens_max": 4_000, "no_tools": True, "no_images": False, "streaming_only": False},
    },
}
LEVELS = {"teams": "team", "users": "user", "applications": "application", "plans": "plan", "tokens": "token"}


class RightsReads:
    """Answers about rights, by path."""

    def find_rights(self, path: str) -> Json | None:
        """Return the answer to a path about rights; None for any other."""
        kind, _, rest = path.partition("/")
        if kind == "model-groups":
            group = {"name": "cheap", "models": ["gpt-4o-mini", "claude-haiku-*"], "description": ""}
            return {"items": [{**group, "updated_at": "2026-11-20T10:00:00Z", "updated_by": "user:user_1"}]}
        if path == "rights":
            return self._owned("installation", "installation", OWN[""])
        if path.endswith("/rights/effective"):
            own = {"owner_id": rest.partition("/")[0], "name": "shop production"}
            return {
                "sources": [
                    {"level": "installation", "owner_id": "installation", "name": "", "rights": OWN[""]},
                    {
                        "level": "application",
                        "owner_id": "app_shop",
                        "name": "Shop backend",
                        "rights": OWN["applications"],
                    },
                    {"level": "token", **own, "rights": OWN["tokens"]},
                ]
            }
        if path.endswith("/rights") and kind in LEVELS:
            return self._owned(LEVELS[kind], rest.partition("/")[0], OWN.get(kind, SILENT))
        if path.endswith("/may"):
            return {
                "allowed": False,
                "code": "token.model_denied",
                "reason": "`models.allow` in the rights of the application `Shop backend`",
                "rule": "models.allow",
                "level": "application",
                "level_name": "Shop backend",
                "opens_at": None,
                "watched": None,
                "ways": [],
            }
        if path.endswith("/would-block"):
            row = {"address": "198.51.100.23", "rule": "allow", "calls": 214, "last_at": "2026-11-26T21:04:00Z"}
            return {
                "calls_looked_at": 1_820,
                "calls_without_address": 0,
                "calls_blocked": 214,
                "addresses": [row],
                "more_addresses": 0,
                "is_cut": False,
            }
        return None

    def change_rights(self, path: str, body: Json) -> Json | None:
        """Return what rights are after a change; None for a path about anything else."""
        owned = self.find_rights(path) if path.endswith("rights") else None
        return None if owned is None else {**owned, "rights": {**owned["rights"], **body}}

    def _owned(self, level: str, owner_id: str, rights: Json) -> Json:
        return {
            "level": level,
            "owner_id": owner_id,
            "rights": rights,
            "updated_at": "2026-11-20T10:00:00Z",
            "updated_by": "user:user_1",
        }
