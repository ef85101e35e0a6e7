"""The domain's services, as the composer builds them."""

from dataclasses import dataclass

from tollway.control.rotations.failing import FailedRotations
from tollway.control.rotations.handing import Handovers
from tollway.control.rotations.links import HandoverLinks
from tollway.control.rotations.own import SelfRotation
from tollway.control.rotations.scheduling import RotationScheduler
from tollway.control.rotations.service import RotationPolicies


@dataclass(frozen=True, slots=True)
class RotationDesk:
    """Rotation of this installation's tokens by policy and by themselves."""

    policies: RotationPolicies
    handovers: Handovers
    own: SelfRotation
    scheduler: RotationScheduler
    links: HandoverLinks
    failing: FailedRotations
