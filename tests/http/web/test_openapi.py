"""The OpenAPI document: frozen and complete. That answers are as it says: test_generated_requests.py."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from kit.console import Console
from kit.generated_requests import document_text
from tollway.web.problems import Problem
from tollway.web.routers import PREFIX, api_routes


def read_document() -> dict[str, Any]:
    """A copy of the document, which may be changed."""
    document: dict[str, Any] = json.loads(document_text())
    return document


def test_the_frozen_document_is_what_the_code_says(project_root: Path) -> None:
    frozen = json.loads((project_root / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert frozen == read_document(), "run scripts/freeze_openapi.py"


def test_operation_ids_are_unique_and_every_route_is_described() -> None:
    document = read_document()
    ids = Counter(one["operationId"] for path in document["paths"].values() for one in path.values())
    assert set(ids.values()) == {1}
    assert set(document["paths"]) == {PREFIX + route.path for route in api_routes()}
    assert document["openapi"].startswith("3.1")


def test_errors_have_one_shape() -> None:
    document = read_document()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(Problem.model_fields) == set(document["components"]["schemas"]["Problem"]["properties"])
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                assert (status < "400") or answer == {"$ref": f"#/components/responses/Problem{status}"}


def test_r18_inputs_refuse_unknown_fields() -> None:
    schemas = read_document()["components"]["schemas"]
    inputs = [name for name in schemas if name.endswith(("Input", "Patch"))]
    assert len(inputs) > 15
    assert all(schemas[name]["additionalProperties"] is False for name in inputs)


def test_the_app_serves_it_to_anybody(console: Console) -> None:
    assert console.client().get(f"{PREFIX}/openapi.json").json()["info"]["title"] == "Tollway management API"
