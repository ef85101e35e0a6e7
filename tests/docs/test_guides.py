"""The guides are followed, block by block, on a running Tollway: shell, Python and files, as a reader would."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import other_makers
from kit.instance import Tollway
from kit.rest_upstream import RESTUpstream

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"),
]

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTED = {
    "first-five-minutes.md": ["You said: Hello", '"model":"gpt-4o-mini"', "sandbox-small", "first", "\n401\n"],
    "openai-sdk.md": [
        "You said: Hello",
        "name='sandbox'",
        "256 [",
        "model.not_found req_",
        "x-tollway-provider sandbox",
    ],
    "anthropic-sdk.md": ["You said: Hello", "end_turn", "sandbox-small", "not_found_error req_"],
    "gemini-sdk.md": ["You said: Hello", "256"],
    "rest-service.md": ["/base/today?city=Lyon", "401", "server-timing:", "weather"],
    "people.md": [
        "/welcome?token=",
        "Developer",
        "tokens.write:own",
        "1 would be done",
        "1 done, 0 nothing to do",
        "is deactivated",
        "is invited",
        "user.deactivate",
        "whole: ",
    ],
    "sign-in.md": ["has no second factor", "user.reset_factors"],
    "token-life.md": [
        "31536000",
        "refused: a rule",
        "old 200",
        "new 200",
        "safe to end",
        "token.replaced",
        "has its old secret again",
        "quarterly",
        "is quarantined",
        "1 tokens are revoked",
        "token.revoked",
    ],
    "rotate-keys.md": ["generation", "accepted", "not yet: something"],
    "leaks.md": [
        "settings.py:1:8",
        "found, exit code 1",
        "quarantine done",
        "quarantine undone",
        "revoked",
        "\n204\n",
        "the wiki's front page",
    ],
    "rights.md": [
        "token summaries:",
        "token.model_denied",
        "models.allow",
        "no: `parameters.output_tokens_max: 200`",
        "calls would have been blocked",
        "models allowed: group:small",
    ],
    "limits-and-budgets.md": [
        "rpm: 0 of 60 calls in 60 s",
        "checkout: 600/60s, 200.00 USD/month",
        "more until",
        "25.00 USD/month",
        "tokens match",
        "tokens changed (done)",
    ],
    "config-as-code.md": ["+ provider own-model", "nothing to change", "nightly.tar"],
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tollway, dict[str, str]]]:
    """A Tollway with `.venv/bin/tollway` beside its data, and where the addresses in the guides really are."""
    tollway = Tollway(tmp_path_factory.mktemp("guides"))
    program = tollway.root / ".venv" / "bin" / "tollway"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tollway "$@"\n')
    program.chmod(0o755)
    with other_makers.llmock(tmp_path_factory.mktemp("llmock")) as model, RESTUpstream() as service:
        tollway.start()
        yield (
            tollway,
            {
                "http://127.0.0.1:8080": tollway.gateway_url,
                "http://127.0.0.1:8081": tollway.console_url,
                "http://127.0.0.1:8000": model.url,
                "http://127.0.0.1:9000": service.url,
            },
        )
        assert tollway.stop() == 0


@pytest.mark.parametrize("page", EXPECTED)
def test_guide_can_be_followed(reader: tuple[Tollway, dict[str, str]], project_root: Path, page: str) -> None:
    tollway, places = reader
    text = (project_root / "docs" / "guides" / page).read_text(encoding="utf-8")
    for written, real in places.items():
        text = text.replace(written, real)
    shell, python = "", ""
    for language, block in BLOCK.findall(text):
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", block)[1]
            (tollway.root / name).write_text(block)
        elif language == "sh":
            shell += block
        elif language == "python":
            python += block
    seen = follow(tollway, ["bash", "-euo", "pipefail", "-c", shell], {}) if shell else ""
    if python:
        seen += follow(tollway, [sys.executable, "-W", "error", "-c", python], {"TOKEN": tollway.token()})
    for expected in EXPECTED[page]:
        assert expected in seen, seen


def follow(tollway: Tollway, command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=tollway.root,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_guide_is_followed(project_root: Path) -> None:
    assert {page.name for page in (project_root / "docs" / "guides").glob("*.md")} == set(EXPECTED)


def test_links_of_all_pages_lead_somewhere(project_root: Path) -> None:
    for page in [*project_root.glob("*.md"), *(project_root / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"
