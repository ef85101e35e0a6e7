"""What hand-written pages say about the code is true."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tollway.contract.policy import Timeouts
from tollway.control.services.model import Behaviour
from tollway.control.upstreams.model import PriceOverride
from tollway.kernel.codes import BY_NAME
from tollway.settings import fields

STAGES = ("accept", "authenticate", "resolve", "admit", "dispatch", "respond", "account")


@pytest.fixture(scope="module")
def docs(project_root: Path) -> Path:
    return project_root / "docs"


def test_life_of_a_request_names_the_stages_in_the_pipelines_order(docs: Path, project_root: Path) -> None:
    text = (docs / "life-of-a-request.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (\w+) \| (.+?) \|", text, re.MULTILINE)
    assert [(int(number), stage) for number, stage, _ in rows] == list(enumerate(STAGES, start=1))
    sources = project_root / "src" / "tollway"
    files = [file for _, _, cell in rows for file in re.findall(r"`(gateway/\w+\.py)`", cell)]
    assert all((sources / file).is_file() for file in files)
    assert all(f"gateway/{stage}.py" in files for stage in STAGES)
    pipeline = (sources / "gateway" / "pipeline.py").read_text(encoding="utf-8")
    assert all(f"tollway.gateway.{stage} import" in pipeline for stage in STAGES)


@pytest.mark.parametrize("page", ["life-of-a-request.md", "deployment.md", "yaml-configuration.md"])
def test_codes_and_settings_named_in_pages_exist(docs: Path, page: str) -> None:
    text = (docs / page).read_text(encoding="utf-8")
    families = {name.partition(".")[0] for name in BY_NAME} | set(fields.SECTIONS)
    for name in re.findall(r"`([a-z]+\.[a-z_]+)(?: = [^`]*)?`", text):
        if name.partition(".")[0] in families and not name.endswith(".py"):
            assert name in BY_NAME or name in fields.BY_KEY, f"docs/{page} names {name}"


@pytest.mark.parametrize(
    "page", sorted((Path(__file__).parents[2] / "docs" / "decisions").glob("0*.md")), ids=lambda page: page.stem[:4]
)
def test_each_decision_says_what_it_costs_and_what_else_there_was(page: Path) -> None:
    sections = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == ["Summary", "Drawbacks", "Alternatives"]
    assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]} ")


def test_decisions_are_numbered_without_gaps(docs: Path) -> None:
    numbers = sorted(int(page.name[:4]) for page in (docs / "decisions").glob("0*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_api_route_says_what_it_does(docs: Path) -> None:
    description = json.loads((docs / "openapi.json").read_text(encoding="utf-8"))
    routes = [
        (path, method, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]
    silent = [
        f"{method} {path}" for path, method, route in routes if not (route.get("summary") and route.get("description"))
    ]
    assert routes
    assert not silent, f"give these routes a docstring: {silent}"


def test_the_yaml_example_is_yaml_with_the_documented_fields(docs: Path) -> None:
    text = (docs / "yaml-configuration.md").read_text(encoding="utf-8")
    document = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    assert document["version"] == 1
    assert document.keys() == {"version", "teams", "applications", "providers", "services", "tokens"}
    assert len(document["providers"]) == 2
    documented = {"name", "kind", "base_url", "credential", "models", "allow_private", "priority"}
    assert set().union(*document["providers"]) == documented


def test_make_targets_named_in_pages_exist(project_root: Path) -> None:
    makefile = (project_root / "Makefile").read_text(encoding="utf-8")
    pages = [*project_root.glob("*.md"), *(project_root / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name} names make {target}"


def test_tollway_commands_named_in_pages_exist(project_root: Path) -> None:
    commands = (project_root / "docs" / "cli.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^## `tollway ([a-z -]+)`$", commands, re.MULTILINE))
    for page in [*project_root.glob("*.md"), *(project_root / "docs").glob("*.md")]:
        for words in re.findall(r"`(?:\.venv/bin/)?tollway ([a-z][a-z -]*)", page.read_text(encoding="utf-8")):
            assert any(words.strip() == name or words.startswith(f"{name} ") for name in known), f"{page.name}: {words}"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize("script", ["scripts/setup.sh", "scripts/lock.sh", ".ci/run"])
def test_scripts_parse(project_root: Path, script: str) -> None:
    shell = "bash" if script == ".ci/run" else "sh"
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    subprocess.run([shell, "-n", str(project_root / script)], check=True)


def test_the_licence_is_whole(project_root: Path) -> None:
    text = (project_root / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert all(f"   {number}. " in text for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_table_of_yaml_fields_is_complete(docs: Path) -> None:
    """Every field that the reader of documents asks for is in the page."""
    text = (docs / "yaml-configuration.md").read_text(encoding="utf-8")
    source = (docs.parent / "src" / "tollway" / "control" / "configuration" / "entries.py").read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:fields|item|top)\.\w+\("(\w+)"\)', source)) | set(Behaviour.__slots__)
    asked |= set(PriceOverride.__slots__) | set(Timeouts.__struct_fields__)
    assert len(asked) > 40
    missing = {name for name in asked if not re.search(rf"\b{name}\b", text)}
    assert not missing, missing
