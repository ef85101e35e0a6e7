"""What stands for an address is the same each time under one key, and another under another."""

from tollway.adapters.secrets import KeyRing
from tollway.adapters.secrets.pseudonyms import AddressPseudonyms
from tollway.adapters.secrets.root_key import RootKey
from tollway.kernel.secret import Secret
from tollway.policy.detect.places import place_of

ROOT, OTHER = Secret(b"r" * 32), Secret(b"o" * 32)


def test_a_name_is_stable_over_processes_and_changes_with_the_key() -> None:
    ring = KeyRing(ROOT)
    names, again = AddressPseudonyms(ring.address_key), AddressPseudonyms(KeyRing(ROOT).address_key)
    name = names.name("192.0.2.1")
    assert name == again.name("192.0.2.1") and place_of(name).source != place_of(names.name("192.0.2.2")).source
    assert place_of(name).network == place_of(names.name("192.0.2.2")).network
    ring.adopt((RootKey(2, OTHER), RootKey(1, ROOT)))
    assert names.name("192.0.2.1") not in ("", name)
    assert names.name("unix") == ""
