"""Requests that schemathesis makes up from the OpenAPI document, aimed at objects that exist."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kit.console import Console
from kit.control import ControlPlane, Surroundings
from kit.matrix import OBJECTS, build_world
from tollway.web.openapi import build_document
from tollway.web.routers import PREFIX

SENSE = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
"""What holds for the answer to any request."""
CHECKS = (*SENSE, negative_data_rejection)
"""What holds for the answer to a request that was made wrong."""
STREAM = "/live"
SECONDS_MAX = 120
DESTROYING_LAST = ("get", "patch", "put", "post", "delete")
ALIASES = {"to_user_id": "user_id", "user": "user_id", "id": "token_id", "group": "group_name"}
"""Names of fields that hold the id of a thing that the paths call otherwise."""

Ids = Mapping[str, str]


@cache
def document_text() -> str:
    """Return the document as JSON, built once: that takes as long as a hundred requests."""
    return json.dumps(build_document())


def operations(app: object) -> list[APIOperation]:
    """Return every operation but the endless stream; what ends things comes last."""
    document = json.loads(document_text())
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    found = [one.ok() for one in schema.get_all_operations()]
    kept = [operation for operation in found if not operation.path.endswith(STREAM)]
    return sorted(kept, key=lambda one: DESTROYING_LAST.index(one.method.lower()))


def ask(
    operation: APIOperation, examples: int, headers: Callable[[], dict[str, str]], sides: Sequence[Ids]
) -> dict[int, int]:
    """Send that many requests to an operation and check each answer; return how often each status was answered.

    `sides` are ids by their name in paths, one mapping for each side of the line. One request in five keeps the ids
    that were made up. Raises what schemathesis raises when an answer is not as the document says.
    """
    statuses: dict[int, int] = {}
    negative = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | negative, side=st.integers(0, len(OBJECTS)))
    def send(case: schemathesis.Case, side: int) -> None:
        if sides and side < len(sides):
            aim(case, sides[side])
        answer = case.call(headers=headers(), timeout=SECONDS_MAX)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        case.validate_response(
            answer, checks=[check for check in CHECKS if check is not negative_data_rejection or _is_wrong(case)]
        )

    send()
    return statuses


def aim(case: schemathesis.Case, ids: Ids) -> None:
    """Let those parts of a request that are meant to be right name these objects."""
    if _is_right(case, ParameterLocation.PATH):
        case.path_parameters = {**case.path_parameters, **_known(case.path_parameters, ids)}
    if _is_right(case, ParameterLocation.QUERY):
        case.query = {**case.query, **_known(case.query, ids)}
    if _is_right(case, ParameterLocation.BODY):
        case.body = _aimed(case.body, ids)


def _is_wrong(case: schemathesis.Case) -> bool:
    """Whether something of a request was made wrong: of an optional body, one "wrong" form is null, which it may be."""
    return bool(case.meta and getattr(case.meta.phase.data, "mutations", ()))


def _is_right(case: schemathesis.Case, location: ParameterLocation) -> bool:
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode is GenerationMode.POSITIVE


def _known(values: Mapping[str, Any], ids: Ids) -> dict[str, str]:
    """Return the ids of whatever a mapping names and we know."""
    named = {name: ALIASES.get(name, name) for name, value in values.items() if isinstance(value, str)}
    return {name: ids[kind] for name, kind in named.items() if kind in ids}


def _aimed(body: Any, ids: Ids) -> Any:
    if isinstance(body, list):
        return [_aimed(item, ids) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: _aimed(value, ids) for name, value in body.items()} | _known(body, ids)


class Person:
    """The owner in a browser, who is signed in again after an act that ended the session."""

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


@contextmanager
def seeded(around: Surroundings, folder: Path) -> Iterator[tuple[Console, list[Ids]]]:
    """Yield a console with objects of every kind, and their ids by side; the engines are disposed of afterwards."""
    try:
        plane = ControlPlane(around).start()
        console = Console(plane, folder / "ui", configuration=plane.configuration)
        console.set_up()
        world = build_world(console, "owner")
        own = world.own["owner"]
        sides = [
            {kind: ids[side] for kind, ids in world.objects.items()} | (own if side == "own" else {})
            for side in OBJECTS
        ]
        yield console, sides
    finally:
        around.writer.dispose()
        around.reader.dispose()
