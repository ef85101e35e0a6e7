"""Published keys of an older root key are counted, and gone once everything was published anew."""

from kit.control import ACTOR, ControlPlane
from kit.root_keys import FIRST, KeyChange
from tollway.adapters.secrets import RootKey
from tollway.control.keys.published import PublishedKeys
from tollway.control.upstreams.model import NewProvider
from tollway.kernel.secret import Secret

SECOND = RootKey(2, Secret(bytes(range(1, 33))))


def test_references_are_sealed_again_by_publishing(plane: ControlPlane) -> None:
    plane.references.values["env:OPENAI"] = "sk-of-the-environment"
    plane.providers.create(NewProvider("openai", "openai", credentials=(Secret("env:OPENAI"),)), ACTOR)
    place = PublishedKeys(plane.publisher, plane.database, plane.keys.provider_secrets.is_old)
    assert (place.count_old(), place.reseal(64)) == (0, 0)
    plane.keys.adopt((SECOND, FIRST))
    assert (place.name, place.count_old()) == ("published keys", 1)
    assert (place.reseal(64), place.reseal(64), place.count_old()) == (1, 0, 0)
    (key,) = plane.publisher.snapshot().providers[0].keys
    plane.keys.adopt((SECOND,))
    assert plane.keys.open(key.sealed, key.aad) == b"sk-of-the-environment"


def test_a_stored_key_that_was_not_sealed_again_is_tried_once(plane: ControlPlane) -> None:
    plane.providers.create(NewProvider("openai", "openai", credentials=(Secret("sk-stored"),)), ACTOR)
    change = KeyChange(plane)
    plane.keys.adopt((SECOND, FIRST))
    place = PublishedKeys(plane.publisher, plane.database, plane.keys.provider_secrets.is_old)
    assert (place.reseal(64), place.reseal(64), place.count_old()) == (1, 0, 0)
    assert change.file.names()[0].generation == 1
