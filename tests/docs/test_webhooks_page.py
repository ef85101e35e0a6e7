"""The page on webhooks says what the code does."""

import re
from pathlib import Path

from tollway.control.limits.model import ALERT_PERCENTS
from tollway.control.notices.events import KINDS
from tollway.control.notices.retrying import FACTOR, FIRST_SECONDS, WAIT_SECONDS_MAX
from tollway.control.notices.telling import PENDING_MAX
from tollway.control.notices.watching import WELL_SECONDS
from tollway.runtime.deliverer import PLACES_EACH

_TABLE_ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+) \| ((?:`[a-z_]+` ?)+) \|$", re.MULTILINE)


def page(project_root: Path) -> str:
    return (project_root / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_every_event_and_every_field_is_listed_and_no_other(project_root: Path) -> None:
    rows = {name: re.findall(r"`([a-z_]+)`", fields) for name, _, fields in _TABLE_ROW.findall(page(project_root))}
    assert rows == {kind.value: list(one.data.__struct_fields__) for kind, one in KINDS.items()}


def test_its_figures_are_those_of_the_code(project_root: Path) -> None:
    text = page(project_root)
    waits = [FIRST_SECONDS * FACTOR**step for step in range(3)]
    assert f"after {waits[0]} seconds, {waits[1]} seconds, {waits[2]} seconds" in text
    assert (WAIT_SECONDS_MAX, WELL_SECONDS, PLACES_EACH) == (6 * 3_600, 600, 4)
    assert "{} and {} %".format(*ALERT_PERCENTS) in text and f"{PENDING_MAX:,}" in text
