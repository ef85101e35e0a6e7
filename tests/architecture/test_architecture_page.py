"""ARCHITECTURE.md is the map of the tree that is there."""

import re

import pytest

from kit.source_tree import ROOT, SOURCES, modules

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
MAP = PAGE.partition("## The map")[2].partition("## Who may import whom")[0]


def test_the_map_names_every_package_and_no_other() -> None:
    named = set(re.findall(r"^\| \S+ \| `([a-z_.]+?)(?:/|\.py)` \|", MAP, re.MULTILINE))
    there = {module.package for module in modules()} - {"__init__"}
    assert there <= named, f"not on the map: {sorted(there - named)}"
    assert named <= there | {"_ui"}, f"on the map and not there: {sorted(named - there)}"


def test_every_ring_has_its_row() -> None:
    rows = PAGE.partition("## Who may import whom")[2].partition("## Tests")[0]
    packages = {module.package for module in modules()} - {"__main__", "__init__", "settings"}
    assert all(re.search(rf"^\|[^|]*\b{package}\b", rows, re.MULTILINE) for package in packages)


def test_every_folder_of_tests_that_is_named_exists() -> None:
    folders = re.findall(r"^\| `(tests/[a-z]+/)` \|", PAGE, re.MULTILINE)
    assert folders
    assert all((ROOT / folder).is_dir() for folder in folders)


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "docs/life-of-a-request.md"])
def test_links_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert all(((ROOT / page).parent / target).exists() for target in targets)


def test_the_pipeline_is_where_readers_are_sent() -> None:
    assert (SOURCES / "gateway" / "pipeline.py").exists()
