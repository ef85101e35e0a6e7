"""What an entry must state, and what it may not change."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.configuration.applying import read_all
from tollway.control.faults import Invalid
from tollway.control.model import Page, Position


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("providers: [{name: p}]", "a new provider needs `kind`"),
        ("services: [{name: s, path_prefix: /s}]", "a new service needs `path_prefix` and `base_url`"),
        ("applications: [{name: a, team: none}]", "there is no team 'none'"),
    ],
)
def test_new_objects_need_what_has_no_default(plane: ControlPlane, entry: str, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        plane.configuration.apply(f"version: 1\n{entry}", ACTOR, dry_run=True)


def test_kind_of_a_provider_never_changes(plane: ControlPlane) -> None:
    plane.configuration.apply("version: 1\nproviders: [{name: p, kind: openai}]", ACTOR, dry_run=False)
    with pytest.raises(Invalid, match="of the kind 'openai'"):
        plane.configuration.apply("version: 1\nproviders: [{name: p, kind: groq}]", ACTOR, dry_run=False)


def test_lists_are_read_to_their_end_oldest_first() -> None:
    pages = {None: Page((4, 3), Position(3, "")), 3: Page((2, 1), Position(1, "")), 1: Page((0,))}
    assert read_all(lambda after: pages[after.created_ns if after else None]) == [0, 1, 2, 3, 4]
