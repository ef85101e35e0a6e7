"""Everything of this domain that the console's faces and its background work use."""

from dataclasses import dataclass

from tollway.control.security.decoys import Decoys
from tollway.control.security.events import SecurityEvents
from tollway.control.security.leaks import Leaks
from tollway.control.security.model import AddressesKept
from tollway.control.security.noticing import Noticing
from tollway.control.security.ports import SignatureCheck
from tollway.control.security.rules import WatchRules
from tollway.control.security.throttle import ReportThrottle


@dataclass(frozen=True, slots=True)
class SecurityDesk:
    """The domain's services."""

    events: SecurityEvents
    rules: WatchRules
    leaks: Leaks
    decoys: Decoys
    noticing: Noticing
    signatures: SignatureCheck
    throttle: ReportThrottle
    addresses: AddressesKept = "whole"
