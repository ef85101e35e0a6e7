"""What the audit log shows of how upstreams are reached: addresses and bounds; of keys that there are some."""

from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts
from tollway.control.upstreams.model import Connection, Key, Provider


def provider_facts(provider: Provider) -> Facts:
    """Return what the audit log shows of a provider."""
    shown = pick(provider, "name", "kind", "state", "environment", "team_id", "models", "priority")
    return {**shown, **connection_facts(provider.connection), "keys": key_facts(provider.keys)}


def connection_facts(connection: Connection) -> Facts:
    """Return addresses and bounds. Header values and the proxy's login may be secret: only their names are shown."""
    shown = pick(connection, "base_url", "allow_private", "ca_file", "proxy_url", "timeouts")
    login = None if connection.proxy_key is None else connection.proxy_key.id
    return {**shown, "headers": [name for name, _ in connection.headers], "proxy_login": login}


def key_facts(keys: tuple[Key, ...]) -> list[str]:
    """Return which keys there are: ids say when one was replaced, references where one is read."""
    return [f"{key.id} {key.reference}".strip() for key in keys]
