"""docs/pass-through.md and docs/sandbox.md say what the code does."""

import re
from pathlib import Path

from tollway.gateway.prepare import CHANGED_POINTERS
from tollway.providers.sandbox import MODELS, answers

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_pointers_that_may_change_are_listed() -> None:
    listed = re.findall(r"^\| (\w+) \| `(/[A-Za-z_/]+)` \|", (DOCS / "pass-through.md").read_text(), re.M)
    assert listed == [(name, pointer) for name, pointers in CHANGED_POINTERS.items() for pointer in pointers]


def test_the_sandboxs_models_and_headers_are_listed() -> None:
    text = (DOCS / "sandbox.md").read_text()
    for model in MODELS:
        assert f"`{model.name}`" in text
    headers = set(re.findall(r"x-sandbox-[a-z-]+", Path(answers.__file__).read_text()))
    assert headers == set(re.findall(r"x-sandbox-[a-z-]+", text))
