"""What may be asked for as rights: everything wrong with a set, each fault with its pointer."""

from collections.abc import Callable, Collection

from tollway.contract.rights import GROUP_PREFIX, SCOPES, NameRights, NetworkRights, Rights
from tollway.control.faults import Fault, Faults
from tollway.control.names import check_name
from tollway.kernel.errors import TollwayError
from tollway.policy.hour_rules import read_zone
from tollway.policy.network_rules import parse_block
from tollway.policy.route_rules import parse_rule
from tollway.wire.canonical_path import canonical_path

ENTRIES_MAX = 1_000
WINDOWS_MAX = 100
OUTPUT_TOKENS_MAX = 2**31
DAY_MINUTES = 1_440


def find_faults(rights: Rights, groups: Collection[str]) -> list[Fault]:
    """Return everything wrong with the rights but for services that there are not; pointers are relative to them.

    `groups` are the names of the groups of models that there are.
    """
    faults = Faults()
    for index, scope in enumerate(rights.scopes or ()):
        if scope not in SCOPES:
            faults.add(f"/scopes/{index}", f"use one of {', '.join(SCOPES)}")
    _check_lists("/models", rights.models, lambda text: _model_fault(text, groups), faults)
    _check_lists("/services", rights.services, _name_fault, faults)
    _check_lists("/routes", rights.routes, _route_fault, faults)
    _check_lists("/networks", rights.networks, _block_fault, faults)
    if rights.networks.mode not in ("enforce", "watch"):
        faults.add("/networks/mode", "use enforce or watch")
    _check_hours(rights, faults)
    most = rights.parameters.output_tokens_max
    if most is not None and not 1 <= most <= OUTPUT_TOKENS_MAX:
        faults.add("/parameters/output_tokens_max", f"use a number from 1 to {OUTPUT_TOKENS_MAX}")
    return faults.found


def check_networks(networks: NetworkRights) -> None:
    """Raise management.invalid for blocks of addresses that cannot be read."""
    faults = Faults()
    _check_lists("", networks, _block_fault, faults)
    faults.check()


def name_services(rights: NameRights, find_id: Callable[[str], str | None], faults: Faults) -> NameRights:
    """Return the list with ids in place of names; a service that there is not is a fault."""
    allow = None if rights.allow is None else _ids("/services/allow", rights.allow, find_id, faults)
    return NameRights(allow, _ids("/services/deny", rights.deny, find_id, faults))


def find_group_faults(models: tuple[str, ...]) -> list[Fault]:
    """Return what is wrong with the members of a group."""
    faults = Faults()
    if not models:
        faults.add("/models", "a group has at least one model")
    _check_entries("/models", models, lambda text: _model_fault(text, ()), faults)
    return faults.found


def _ids(
    path: str, references: tuple[str, ...], find_id: Callable[[str], str | None], faults: Faults
) -> tuple[str, ...]:
    found = []
    for index, reference in enumerate(references):
        service_id = find_id(reference)
        if service_id is None:
            faults.add(f"{path}/{index}", f"there is no service {reference!r}")
        elif service_id not in found:
            found.append(service_id)
    return tuple(found)


def _check_lists(path: str, rights: object, find_fault: Callable[[str], str | None], faults: Faults) -> None:
    """Check the `allow` and `deny` of a part that has both."""
    for field in ("allow", "deny"):
        texts: tuple[str, ...] | None = getattr(rights, field)
        _check_entries(f"{path}/{field}", texts or (), find_fault, faults)


def _check_entries(path: str, texts: tuple[str, ...], find_fault: Callable[[str], str | None], faults: Faults) -> None:
    if len(texts) > ENTRIES_MAX:
        faults.add(path, f"at most {ENTRIES_MAX} entries")
    for index, text in enumerate(texts):
        fault = find_fault(text)
        if fault is not None:
            faults.add(f"{path}/{index}", fault)


def _check_hours(rights: Rights, faults: Faults) -> None:
    try:
        read_zone(rights.hours.zone)
    except ValueError as error:
        faults.add("/hours/zone", f"{error}; use a name such as Europe/Paris, or UTC")
    windows = rights.hours.windows or ()
    if len(windows) > WINDOWS_MAX:
        faults.add("/hours/windows", f"at most {WINDOWS_MAX} windows")
    for index, window in enumerate(windows):
        if not (0 <= window.day <= 6 and 0 <= window.start_minute < window.end_minute <= DAY_MINUTES):
            faults.add(f"/hours/windows/{index}", "a window begins before it ends, on one day of the week")


def _model_fault(text: str, groups: Collection[str]) -> str | None:
    if text.startswith(GROUP_PREFIX):
        name = text[len(GROUP_PREFIX) :]
        return None if name in groups else f"there is no group of models {name!r}"
    return _name_fault(text)


def _name_fault(text: str) -> str | None:
    faults = Faults()
    check_name(text, "", faults)
    return faults.found[0].message if faults.found else None


def _route_fault(text: str) -> str | None:
    try:
        rule = parse_rule(text)
        path = rule.text.partition(" ")[2]
        plain = path.replace("{", "").replace("}", "").removesuffix("/**") or "/"
        if canonical_path(plain.encode("ascii"))[0] != plain:
            return f"write the path as it is matched: {canonical_path(plain.encode('ascii'))[0]}"
    except UnicodeEncodeError:
        return "write other characters than ASCII as they are sent, such as %C3%A9"
    except ValueError as error:
        return str(error)
    except TollwayError as error:
        return error.public
    return None


def _block_fault(text: str) -> str | None:
    try:
        parse_block(text)
    except ValueError as error:
        return f"not a block of addresses in CIDR notation: {error}"
    return None
