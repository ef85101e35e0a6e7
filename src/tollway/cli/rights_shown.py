"""Rights in words, a line a part; a part that says nothing has no line."""

from typing import Any


def show_parts(rights: dict[str, Any]) -> list[str]:
    """Write rights as the API shows them."""
    lines = [] if rights["scopes"] is None else [f"scopes: {', '.join(rights['scopes']) or 'none'}"]
    for part in ("models", "services", "routes", "networks"):
        lines += _show_list(part, rights[part])
    hours = rights["hours"]
    if hours["windows"] is not None:
        windows = "; ".join(_show_window(window) for window in hours["windows"]) or "never"
        lines.append(f"hours: {windows} ({hours['zone']})")
    lines += _show_parameters(rights["parameters"])
    return lines


def _show_list(part: str, lists: dict[str, Any]) -> list[str]:
    watching = " (watched only)" if lists.get("mode") == "watch" else ""
    found = []
    if lists["allow"] is not None:
        found.append(f"{part} allowed{watching}: {', '.join(lists['allow']) or 'none'}")
    if lists["deny"]:
        found.append(f"{part} denied{watching}: {', '.join(lists['deny'])}")
    return found


def _show_window(window: dict[str, Any]) -> str:
    return f"{','.join(window['days'])} {window['start']}-{window['end']}"


def _show_parameters(parameters: dict[str, Any]) -> list[str]:
    most = parameters["output_tokens_max"]
    words = [] if most is None else [f"at most {most} output tokens"]
    words += ["no tools"] if parameters["no_tools"] else []
    words += ["no images"] if parameters["no_images"] else []
    words += ["streaming only"] if parameters["streaming_only"] else []
    return [f"requests: {', '.join(words)}"] if words else []
