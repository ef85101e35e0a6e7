"""Put the rights of levels, and the groups of models, into what is published. Pure but for the source.

Who has rights and is gone is left out: nobody can belong to them any more.
"""

from msgspec import structs

from tollway.contract.policy import OwnerRecord, Snapshot
from tollway.contract.rights import ALL_RIGHTS, ModelGroup, OwnerKind
from tollway.control.rights.ports import PublishedRights

_OWNERS: tuple[OwnerKind, ...] = ("team", "user")


def put_rights(snapshot: Snapshot, source: PublishedRights) -> Snapshot:
    """Return the snapshot with the rights of the installation, of teams and people, and with the groups."""
    own = source.of_level("installation")
    owners = [
        OwnerRecord(kind, item.owner_id, name, rights=item.rights)
        for kind in _OWNERS
        for item in source.of_level(kind)
        if item.rights != ALL_RIGHTS and (name := source.find_name(kind, item.owner_id)) is not None
    ]
    groups = tuple(ModelGroup(group.name, group.models) for group in source.groups())
    rights = own[0].rights if own else ALL_RIGHTS
    return structs.replace(snapshot, rights=rights, owners=(*snapshot.owners, *owners), model_groups=groups)
