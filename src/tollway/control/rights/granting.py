"""Nobody gives rights that they do not have: what somebody gives must lie within their own.

Judged part by part and conservatively: where it cannot be seen that nothing more is given, more is given. So a list
is within another when each of its entries is covered by one of the other's, and everything that the other denies is
denied. Pure.
"""

from collections.abc import Callable
from typing import Protocol

from tollway.contract.rights import GROUP_PREFIX, HourRights, ParameterRights, Rights, Window
from tollway.kernel.errors import TollwayError
from tollway.policy.name_rules import compile_names
from tollway.policy.network_rules import parse_block

Covers = Callable[[str, str], bool]
"""Whether everything that the second entry of a list means is meant by the first."""


class Lists(Protocol):
    """A part with an allow and a deny list."""

    @property
    def allow(self) -> tuple[str, ...] | None:
        """None permits all."""
        ...

    @property
    def deny(self) -> tuple[str, ...]:
        """What is kept out."""
        ...


def check_rights_grant(asked: Rights, bound: Rights) -> None:
    """Raise management.forbidden, which names the parts that go too far, unless asked ⊆ bound."""
    beyond = find_excess(asked, bound)
    if beyond:
        raise TollwayError(
            "management.forbidden", public=f"This would give more than you may do yourself: {', '.join(beyond)}."
        )


def find_excess(asked: Rights, bound: Rights) -> tuple[str, ...]:
    """Return the parts in which `asked` may permit what `bound` does not; empty when asked ⊆ bound."""
    checks = {
        "scopes": _scopes_within(asked.scopes, bound.scopes),
        "models": _lists_within(asked.models, bound.models, _covers_name),
        "services": _lists_within(asked.services, bound.services, _covers_name),
        "routes": _lists_within(asked.routes, bound.routes, _covers_route),
        "networks": _lists_within(asked.networks, bound.networks, _covers_block)
        and (asked.networks.mode == "enforce" or bound.networks.mode == "watch" or _is_silent(bound.networks)),
        "hours": _hours_within(asked.hours, bound.hours),
        "parameters": _parameters_within(asked.parameters, bound.parameters),
    }
    return tuple(name for name, is_within in checks.items() if not is_within)


def _is_silent(lists: Lists) -> bool:
    return lists.allow is None and not lists.deny


def _scopes_within(asked: tuple[str, ...] | None, bound: tuple[str, ...] | None) -> bool:
    return bound is None or (asked is not None and set(asked) <= set(bound))


def _lists_within(asked: Lists, bound: Lists, covers: Covers) -> bool:
    if bound.allow is not None:
        if asked.allow is None:
            return False
        if not all(any(covers(mine, its) for mine in bound.allow) for its in asked.allow):
            return False
    return all(any(covers(its, mine) for its in asked.deny) for mine in bound.deny)


def _covers_name(outer: str, inner: str) -> bool:
    """A glob covers what it matches when a star is read as a character; a group covers itself alone."""
    if outer == inner:
        return True
    if outer.startswith(GROUP_PREFIX) or inner.startswith(GROUP_PREFIX):
        return False
    return compile_names((outer,)).find(inner, {}) is not None


def _covers_route(outer: str, inner: str) -> bool:
    """The same method or any, and the same template or everything below a beginning of it."""
    method, _, template = outer.partition(" ")
    its_method, _, its_template = inner.partition(" ")
    if method not in ("*", its_method):
        return False
    if template.endswith("/**"):
        beginning = template.removesuffix("/**")
        return its_template == beginning or its_template.startswith(beginning + "/")
    return template == its_template


def _covers_block(outer: str, inner: str) -> bool:
    version, number, length = parse_block(outer)
    its_version, its_number, its_length = parse_block(inner)
    if version != its_version or length > its_length:
        return False
    shift = (32 if version == 4 else 128) - length
    return number >> shift == its_number >> shift


def _hours_within(asked: HourRights, bound: HourRights) -> bool:
    if bound.windows is None:
        return True
    return asked.windows is not None and asked.zone == bound.zone and _minutes(asked) <= _minutes(bound)


def _minutes(hours: HourRights) -> set[int]:
    return {minute for window in hours.windows or () for minute in _span(window)}


def _span(window: Window) -> range:
    start = window.day * 1_440
    return range(start + window.start_minute, start + window.end_minute)


def _parameters_within(asked: ParameterRights, bound: ParameterRights) -> bool:
    if bound.output_tokens_max is not None and (
        asked.output_tokens_max is None or asked.output_tokens_max > bound.output_tokens_max
    ):
        return False
    return (
        asked.no_tools >= bound.no_tools
        and asked.no_images >= bound.no_images
        and asked.streaming_only >= bound.streaming_only
    )
