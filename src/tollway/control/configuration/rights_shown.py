"""Rights in the document's own words, what says nothing left out. What is written here reads back unchanged."""

from collections.abc import Callable, Mapping
from typing import cast

from tollway.contract.rights import ALL_RIGHTS, NameRights, NetworkRights, Rights, RouteRights
from tollway.control.configuration.shown import Plain, Shown
from tollway.control.rights.hours import from_windows, show_hours

_PARAMETERS = ("output_tokens_max", "no_tools", "no_images", "streaming_only")


def show_rights(name: str, rights: Rights, service_names: Mapping[str, str]) -> Shown:
    """Return the entry of an owner's rights; what says nothing is left out."""
    shown: Shown = {"name": name}
    if rights.scopes is not None:
        shown["scopes"] = list(rights.scopes)
    shown |= _show_lists("models", rights.models, str)
    shown |= _show_lists("services", rights.services, lambda service_id: service_names.get(service_id, service_id))
    shown |= _show_lists("routes", rights.routes, str)
    networks = _show_lists("networks", rights.networks, str)
    if rights.networks.mode != "enforce":
        networks["networks"] = cast("dict[str, Plain]", networks.get("networks", {})) | {"mode": rights.networks.mode}
    shown |= networks
    if rights.hours != ALL_RIGHTS.hours:
        hours: Shown = {} if rights.hours.zone == "UTC" else {"zone": rights.hours.zone}
        if rights.hours.windows is not None:
            hours["windows"] = [show_hours(each) for each in from_windows(rights.hours.windows)]
        shown["hours"] = hours
    parameters = {
        field: value for field in _PARAMETERS if (value := getattr(rights.parameters, field)) not in (None, False)
    }
    return shown | ({"parameters": parameters} if parameters else {})


def _show_lists(name: str, lists: NameRights | RouteRights | NetworkRights, show: Callable[[str], str]) -> Shown:
    shown: dict[str, Plain] = {}
    if lists.allow is not None:
        shown["allow"] = [show(text) for text in lists.allow]
    if lists.deny:
        shown["deny"] = [show(text) for text in lists.deny]
    return {name: shown} if shown else {}
