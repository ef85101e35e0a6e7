"""docs/detectors.md says what the detectors are and by which thresholds, as the code has them."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tollway.contract.watching import DEFAULTS, Detector, Rule

SECTION = re.compile(r"^## `(\w+)`\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
SHARED = set(Rule.__struct_fields__)


@pytest.fixture(scope="module")
def sections(project_root: Path) -> dict[str, str]:
    return dict(SECTION.findall((project_root / "docs" / "detectors.md").read_text(encoding="utf-8")))


def test_every_detector_has_its_section_and_nothing_else_has(sections: dict[str, str]) -> None:
    assert list(sections) == [*get_args(Detector), "leaked"]


@pytest.mark.parametrize("detector", get_args(Detector))
def test_thresholds_are_the_defaults_and_the_replay_is_there(
    sections: dict[str, str], project_root: Path, detector: Detector
) -> None:
    text = sections[detector]
    rule = DEFAULTS.rule(detector)
    own = {name: str(getattr(rule, name)) for name in rule.__struct_fields__ if name not in SHARED}
    line = re.search(r"^Thresholds: (.*?)\. Replay: ", text, re.MULTILINE)
    assert line is not None
    assert dict(re.findall(r"`(\w+)` ([\w.]+)", line[1])) == own
    assert f"(examples/replays/{detector}.jsonl)" in text and "What to do: " in text
    assert (project_root / "docs" / "examples" / "replays" / f"{detector}.jsonl").is_file()
