"""What the audit log shows of upstreams holds nothing that a caller could use."""

import msgspec

from kit.control import ACTOR, ControlPlane
from tollway.control.audit.model import Wanted
from tollway.control.services.model import NewService
from tollway.control.upstreams.facts import connection_facts, provider_facts
from tollway.control.upstreams.model import ConnectionChange, NewProvider
from tollway.kernel.secret import Secret


def test_no_key_header_value_or_login_is_shown(plane: ControlPlane) -> None:
    provider = plane.providers.create(
        NewProvider(
            "p",
            "openai",
            credentials=(Secret("sk-canary-key"), Secret("env:OPENAI_KEY")),
            headers=(("x-region", "canary-header"),),
            proxy_url="http://proxy.example:3128",
            proxy_credential=Secret("user:canary-login"),
        ),
        ACTOR,
    )
    shown = msgspec.json.encode(provider_facts(provider)).decode()
    assert "canary" not in shown
    assert "env:OPENAI_KEY" in shown and "x-region" in shown and provider.keys[0].id in shown
    service = plane.services.create(NewService("s", "/s", ConnectionChange("http://10.0.0.1"), Secret("canary")), ACTOR)
    assert connection_facts(service.connection)["base_url"] == "http://10.0.0.1"
    entries = plane.audit.page(Wanted())
    assert not [entry for entry in entries if "canary" in f"{entry.before}{entry.after}"]
