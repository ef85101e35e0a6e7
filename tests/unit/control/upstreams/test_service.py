"""Providers: keys go nowhere but where they were entered for."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.faults import Invalid
from tollway.control.upstreams.model import ConnectionChange, ModelOffer, NewProvider, PriceOverride, ProviderChange
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

KEY = Secret("sk-a-long-provider-key")


def test_base_url_has_the_kinds_default(plane: ControlPlane) -> None:
    assert plane.providers.create(NewProvider("p", "groq"), ACTOR).connection.base_url.startswith(
        "https://api.groq.com"
    )
    with pytest.raises(Invalid, match="base_url"):
        plane.providers.create(NewProvider("q", "openai-compatible"), ACTOR)


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("https://api.openai.com/v2", True),
        ("https://API.openai.com:443/v1", True),
        ("https://api.openai.com:8443/v1", False),
        ("http://api.openai.com/v1", False),
        ("https://api.openai.com.evil.example/v1", False),
    ],
)
def test_new_scheme_host_or_port_clears_the_keys(plane: ControlPlane, url: str, is_kept: bool) -> None:
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(KEY,)), ACTOR)
    change = ProviderChange(connection=ConnectionChange(base_url=url))
    changed = plane.providers.change(provider.id, change, ACTOR)
    assert bool(changed.provider.keys) is is_kept
    assert changed.credentials_cleared is not is_kept


def test_r22_stored_keys_cannot_be_smuggled_to_a_new_host(plane: ControlPlane) -> None:
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(KEY,)), ACTOR)
    elsewhere = ConnectionChange(base_url="https://evil.example")
    change = ProviderChange(credentials=(Secret("stored"),), connection=elsewhere)
    with pytest.raises(Invalid, match="/credentials/0: no key is stored for where this leads"):
        plane.providers.change(provider.id, change, ACTOR)
    moved = plane.providers.change(provider.id, ProviderChange(connection=elsewhere), ACTOR)
    assert moved.provider.keys == () and moved.credentials_cleared


def test_new_key_may_come_with_a_new_host(plane: ControlPlane) -> None:
    provider = plane.providers.create(NewProvider("p", "openai", credentials=(KEY,)), ACTOR)
    elsewhere = ConnectionChange(base_url="https://other.example")
    changed = plane.providers.change(provider.id, ProviderChange(credentials=(KEY,), connection=elsewhere), ACTOR)
    assert len(changed.provider.keys) == 1 and changed.provider.keys[0].id != provider.keys[0].id


@pytest.mark.parametrize("name", ["sandbox", "Upper", "a/b", "", "-a", "a b"])
def test_names_are_slugs_and_the_sandbox_is_taken(plane: ControlPlane, name: str) -> None:
    with pytest.raises(Invalid, match="/name"):
        plane.providers.create(NewProvider(name, "openai"), ACTOR)


@pytest.mark.parametrize("kind", ["nothing", "sandbox"])
def test_kinds_are_those_of_the_catalogue(plane: ControlPlane, kind: str) -> None:
    with pytest.raises(Invalid, match="/kind"):
        plane.providers.create(NewProvider("p", kind), ACTOR)


def test_equal_prices_are_no_change(plane: ControlPlane) -> None:
    def offers(price: str) -> tuple[ModelOffer, ...]:
        return (ModelOffer("m", price=PriceOverride(input_usd_per_million=price)),)

    provider = plane.providers.create(NewProvider("p", "openai", models=offers("2.50")), ACTOR)
    assert plane.providers.change(provider.id, ProviderChange(models=offers("2.5")), ACTOR).provider == provider


def test_switching_deleting_and_stale_versions(plane: ControlPlane) -> None:
    provider = plane.providers.create(NewProvider("p", "openai"), ACTOR)
    off = plane.providers.disable(provider.id, ACTOR)
    assert plane.policy.read_snapshot().providers[0].state == "disabled"
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.providers.delete(provider.id, ACTOR, expected_version=provider.version)
    plane.providers.enable(provider.id, ACTOR, expected_version=off.version)
    plane.providers.delete(provider.id, ACTOR)
    assert [record.name for record in plane.policy.read_snapshot().providers] == ["sandbox"]
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.providers.get(provider.id)
    assert plane.providers.names([provider.id]) == {provider.id: "p"}


def test_name_is_taken_once(plane: ControlPlane) -> None:
    plane.providers.create(NewProvider("p", "openai"), ACTOR)
    other = plane.providers.create(NewProvider("q", "openai"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.providers.change(other.id, ProviderChange(name="p"), ACTOR)
