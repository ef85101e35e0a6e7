"""The OpenAPI document: frozen, complete, and true (schemathesis asks the app)."""

import json
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from kit.console import Console, console_on
from tollway.web.local import LocalApp
from tollway.web.openapi import build_document
from tollway.web.problems import Problem
from tollway.web.routers import PREFIX, api_routes

CHECKS = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)


def test_the_frozen_document_is_what_the_code_says(project_root: Path) -> None:
    frozen = json.loads((project_root / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert frozen == json.loads(json.dumps(build_document())), "run scripts/freeze_openapi.py"


def test_operation_ids_are_unique_and_every_route_is_described() -> None:
    document = build_document()
    ids = Counter(one["operationId"] for path in document["paths"].values() for one in path.values())
    assert set(ids.values()) == {1}
    assert set(document["paths"]) == {PREFIX + route.path for route in api_routes()}
    assert document["openapi"].startswith("3.1")


def test_errors_have_one_shape() -> None:
    document = build_document()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(Problem.model_fields) == set(document["components"]["schemas"]["Problem"]["properties"])
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                assert (status < "400") or answer == {"$ref": f"#/components/responses/Problem{status}"}


def test_inputs_refuse_unknown_fields() -> None:
    schemas = build_document()["components"]["schemas"]
    inputs = [name for name in schemas if name.endswith(("Input", "Patch"))]
    assert len(inputs) > 15
    assert all(schemas[name]["additionalProperties"] is False for name in inputs)


def test_the_app_serves_it_to_anybody(console: Console) -> None:
    assert console.client().get(f"{PREFIX}/openapi.json").json()["info"]["title"] == "Tollway management API"


PARTS = 10
"""The operations are dealt out to so many tests, which run side by side."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", range(PARTS))
def test_generated_requests_meet_no_server_error_and_no_undocumented_answer(tmp_path: Path, part: int) -> None:
    """Schemathesis over every operation but the endless stream and sign-in, as the operator."""
    with console_on(tmp_path) as console:
        document = json.loads(json.dumps(build_document()))
        for path in document["paths"].values():
            for operation in path.values():
                operation.pop("security", None)
        schema = schemathesis.openapi.from_dict(document)
        schema.app = LocalApp(console.app)
        for found in list(schema.get_all_operations())[part::PARTS]:
            operation = found.ok()
            if not operation.path.endswith(("/live", "/session", "/setup")):
                _ask(operation)


def _ask(operation: schemathesis.schemas.APIOperation) -> None:
    negative = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @settings(
        max_examples=14,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | negative)
    def ask(case: schemathesis.Case) -> None:
        case.validate_response(case.call(), checks=list(CHECKS))

    ask()
