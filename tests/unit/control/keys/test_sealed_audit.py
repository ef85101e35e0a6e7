"""The end of the audit log is sealed with the key in use by an entry that says so."""

from kit.control import ControlPlane
from kit.root_keys import FIRST
from tollway.adapters.secrets import RootKey
from tollway.control.audit.model import Wanted
from tollway.control.keys.sealed_audit import SealedAudit
from tollway.kernel.secret import Secret

SECOND = RootKey(2, Secret(bytes(range(1, 33))))


def test_the_end_is_sealed_again_once(plane: ControlPlane) -> None:
    place = SealedAudit(plane.audit)
    assert (place.count_old(), place.reseal(64)) == (0, 0)
    plane.keys.adopt((SECOND, FIRST))
    assert (place.name, place.count_old()) == ("audit seals", 1)
    assert (place.reseal(64), place.reseal(64), place.count_old()) == (1, 0, 0)
    assert plane.audit.page(Wanted(), limit=1)[0].action == "key.sealed"
    plane.keys.adopt((SECOND,))
    assert plane.audit.verify().is_whole
