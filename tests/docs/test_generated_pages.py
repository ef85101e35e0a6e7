"""Settings, error codes, commands, notes and permissions are documented: their pages are what the tables say."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tollway.kernel.codes import TABLE
from tollway.settings import fields


@pytest.fixture(scope="module")
def generator(project_root: Path) -> ModuleType:
    path = project_root / "scripts" / "generate_docs.py"
    spec = importlib.util.spec_from_file_location("generate_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_docs"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["configuration.md", "errors.md", "cli.md", "translation.md", "permissions.md"])
def test_page_is_what_the_code_says(generator: ModuleType, project_root: Path, page: str) -> None:
    written = (project_root / "docs" / page).read_text(encoding="utf-8")
    assert written == generator.render(page), "run: make docs"


def test_every_setting_has_a_line(project_root: Path) -> None:
    text = (project_root / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert all(f"| `{setting.key}`<br>`{setting.variable}` |" in text for setting in fields.ALL)


def test_every_error_code_has_an_anchor(project_root: Path) -> None:
    text = (project_root / "docs" / "errors.md").read_text(encoding="utf-8")
    assert all(f'<a id="{code.name}">' in text for code in TABLE)


def test_check_mode_changes_nothing_and_says_what_is_stale(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for page in generator.PAGES:
        (tmp_path / page).write_text(f"# Title\n\n{generator.MARKER}\n")
    monkeypatch.setattr(generator, "DOCS", tmp_path)
    assert generator.main(["--check"]) == 1
    assert "errors.md is out of date" in capsys.readouterr().err
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0
    assert (tmp_path / "errors.md").read_text().startswith("# Title\n")
