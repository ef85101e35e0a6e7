"""The OpenAPI document: frozen, complete, and true (schemathesis asks the app)."""

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

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


@cache
def document_text() -> str:
    """The document as JSON, built once: that takes as long as a hundred requests."""
    return json.dumps(build_document())


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


def test_inputs_refuse_unknown_fields() -> None:
    schemas = read_document()["components"]["schemas"]
    inputs = [name for name in schemas if name.endswith(("Input", "Patch"))]
    assert len(inputs) > 15
    assert all(schemas[name]["additionalProperties"] is False for name in inputs)


def test_the_app_serves_it_to_anybody(console: Console) -> None:
    assert console.client().get(f"{PREFIX}/openapi.json").json()["info"]["title"] == "Tollway management API"


PARTS = 10
"""The operations are dealt out to so many tests, which run side by side."""
SHORT, LONG = 6, 60
"""Requests that are made up for each operation: in every run, and in `make test-all`."""
EXAMPLES = [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.slow)]
OWN = ("/account", "/session", "/setup", "/welcome")
"""What a person does about their own sign-in; for everything else the operator may do all, and does it."""
STREAM = "/live"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("examples", EXAMPLES)
def test_generated_requests_meet_no_server_error_and_no_undocumented_answer(
    tmp_path: Path, examples: int, part: int
) -> None:
    """Schemathesis over every operation but the endless stream, as the operator."""
    with console_on(tmp_path) as console:
        for operation in _operations(LocalApp(console.app))[part::PARTS]:
            if not operation.path.startswith(tuple(PREFIX + own for own in OWN)):
                _ask(operation, examples, dict)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("examples", EXAMPLES)
def test_generated_requests_about_ones_own_sign_in_meet_no_server_error(tmp_path: Path, examples: int) -> None:
    """The same as a signed-in person, who is signed in again after an act that ended the session."""
    with console_on(tmp_path) as console:
        person = _Person(console)
        for operation in _operations(console.app):
            if operation.path.startswith(tuple(PREFIX + own for own in OWN)):
                _ask(operation, examples, person.headers)


class _Person:
    """The owner in a browser."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._client = console.signed_in()

    def headers(self) -> dict[str, str]:
        """Return what the browser sends with every request, of a session that is not over."""
        if self._client.get(f"{PREFIX}/session").status_code != 200:
            self._console.plane.clock.advance(3_600)  # The throttle has heard many wrong passwords by now.
            self._client = self._console.signed_in()
        cookies = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        return {
            "cookie": cookies,
            "x-tollway-csrf": self._client.headers["x-tollway-csrf"],
            "sec-fetch-site": "same-origin",
            "host": "localhost",
        }


def _operations(app: object) -> list[schemathesis.schemas.APIOperation]:
    document = read_document()
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    found = [one.ok() for one in schema.get_all_operations()]
    return [operation for operation in found if not operation.path.endswith(STREAM)]


def _ask(
    operation: schemathesis.schemas.APIOperation, examples: int, build_headers: Callable[[], dict[str, str]]
) -> None:
    negative = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | negative)
    def ask(case: schemathesis.Case) -> None:
        case.validate_response(case.call(headers=build_headers()), checks=list(CHECKS))

    ask()
