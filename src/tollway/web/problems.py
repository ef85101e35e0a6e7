"""Refusals and failures as RFC 9457 problems.

Every error of the console port has this one shape, in the API and in the OpenAPI document. The
public text comes from the error; what the caller sent is never echoed.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tollway.control.faults import Fault, Invalid
from tollway.kernel.codes import Source
from tollway.kernel.errors import TollwayError
from tollway.web.identity import REFUSED, request_id_of

MEDIA_TYPE = "application/problem+json"
_ERRORS_MAX = 50

_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One thing wrong with the request: where (a JSON pointer into the body, or `query/…`) and what."""

    pointer: str = Field(examples=["/limits/requests/0/window_seconds"])
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is permanent; `type` leads to its documentation."""

    type: str = Field(examples=["/docs/errors#management.invalid"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["management.invalid"])
    request_id: str
    errors: list[FieldProblem] | None = None


_DESCRIPTIONS = {
    400: "The request breaks HTTP, or its JSON or YAML cannot be read.",
    401: "Nobody is signed in, or the sign-in failed.",
    403: "Not allowed, or without proof that the request comes from the console's own pages.",
    404: "There is no such object, or none the caller may see.",
    405: "The path exists, but not with this method.",
    408: "The body did not arrive in time.",
    409: "The change contradicts what is stored, or the idempotency key was used before.",
    412: "The object has changed since it was read.",
    413: "The body is too large.",
    415: "The body's media type is not the one this path reads.",
    421: "The Host header is not one of the console's names.",
    422: "A field is missing, unknown or wrong; `errors` names each.",
    429: "Too many attempts; `Retry-After` says how long to wait.",
    500: "A fault of ours; report it with the request id.",
    503: "The database, the ledger or the meters cannot be reached.",
}


def describe_responses() -> dict[str, Any]:
    """Return the problem answers that operations refer to in OpenAPI, by the name `Problem<status>`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {f"Problem{status}": {"description": text, "content": content} for status, text in _DESCRIPTIONS.items()}


def refer_to_response(status: int) -> dict[str, str]:
    """Return the reference of an operation's problem answer in OpenAPI."""
    return {"$ref": f"#/components/responses/Problem{status}"}


def build_problem(error: TollwayError, request_id: str) -> Response:
    """Turn an error into its answer: status, body, Retry-After and the error's own headers."""
    faults = error.faults if isinstance(error, Invalid) else ()
    errors = [FieldProblem(pointer=fault.path, message=_message(fault)) for fault in faults[:_ERRORS_MAX]]
    problem = Problem(
        type=f"/docs/errors#{error.code.name}",
        title=error.code.meaning,
        status=error.status,
        detail=error.public,
        code=error.code.name,
        request_id=request_id,
        errors=errors or None,
    )
    headers = {"cache-control": "no-store", **error.headers}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(max(1, ceil(error.retry_after_seconds)))
    body = problem.model_dump(exclude_none=True)
    return JSONResponse(body, status_code=error.status, headers=headers, media_type=MEDIA_TYPE)


def _message(fault: Fault) -> str:
    place = f"line {fault.line}, column {fault.column}: " if fault.line is not None else ""
    return place + fault.message


def install(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""
    app.add_exception_handler(TollwayError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


def log_error(error: TollwayError, request_id: str) -> None:
    """Write our own failures to the log, with what the caller does not see; refusals are not logged."""
    if error.code.source is Source.SELF:
        _log.error("%s: %s [%s] request_id=%s", error.code.name, error.public, error.internal or "", request_id)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TollwayError)
    request.scope[REFUSED] = error.code.name
    request_id = request_id_of(request.scope)
    log_error(error, request_id)
    return build_problem(error, request_id)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(item) for item in error.errors()[:_ERRORS_MAX]]
    request.scope[REFUSED] = "management.invalid"
    return build_problem(Invalid(faults), request_id_of(request.scope))


def _fault(item: Mapping[str, Any]) -> Fault:
    where, *place = item["loc"]
    if item["type"] == "json_invalid":
        return Fault("", "the body is not valid JSON")
    message = str(item["msg"]).removeprefix("Value error, ")
    return Fault(_pointer(place) if where == "body" else f"{where}{_pointer(place)}", message)


def _pointer(place: Sequence[object]) -> str:
    """Write a JSON pointer (RFC 6901); names that the caller chose are cut short."""
    return "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in place)


_CODES_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: "request.malformed",
    HTTPStatus.NOT_FOUND: "management.not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "route.method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request.body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "request.media_type",
}


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES_OF_STATUS.get(HTTPStatus(error.status_code), "gateway.internal")
    public = "There is nothing under this path." if error.status_code == HTTPStatus.NOT_FOUND else None
    return build_problem(TollwayError(code, public=public, headers=error.headers), request_id_of(request.scope))
