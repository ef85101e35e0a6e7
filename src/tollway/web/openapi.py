"""The OpenAPI 3.1 document: stable operation ids, problem answers, and how callers authenticate.

`docs/openapi.json` is this document, frozen; a test compares them. The dashboard's client is generated from it.
"""

from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from tollway.web.access import Needs, NeedsFresh, policies_of
from tollway.web.live import LiveOutput
from tollway.web.placing import placed_routes
from tollway.web.problems import Problem, describe_responses, refer_to_response

_DESCRIPTION = """\
Instants are RFC 3339 in UTC; money is a decimal string in USD, exact to nine decimals. Errors are RFC 9457
problems. Lists are paged by an opaque cursor. Objects carry an ETag, which changes may repeat in If-Match.
A POST may carry an Idempotency-Key (24 hours). Browsers authenticate with the session cookie and repeat the
session's `csrf` in the X-Tollway-CSRF header of unsafe requests; scripts authenticate with a gateway token that was
given scopes, in the Authorization header; the local Unix socket is the operator. Operations with `x-sensitive` ask
browsers for a proof, given lately, of who they are (`management.step_up`).
"""

_ALL = (400, 405, 421, 500, 503)
_WITH_CALLER = (401, 403)
_WITH_INPUT = (404, 422)
_CHANGING = (403, 408, 409, 412, 413, 415, 429)
_OVERRIDES: dict[str, tuple[int, ...]] = {
    "sign_in": (401,),
    "rotate_self": (401, 403),
    "sign_in_with_passkey": (401,),
    "ask_second_step": (401,),
    "finish_sign_in": (401,),
    "set_up": (403,),
    "accept_link": (403,),
}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request safe to repeat for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tollway",
        "description": "The session cookie; named `tollway` on plain HTTP.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A gateway token with scopes: it does what they and its owner's role both permit.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Tollway-CSRF",
        "description": "The session's `csrf`, in unsafe requests.",
    },
}


def build_document() -> dict[str, Any]:
    """Return the document of the management API. It follows from the code alone."""
    document = get_openapi(
        title="Tollway management API",
        version="1",
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=placed_routes(),
    )
    components = document["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for model in (Problem, LiveOutput):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        components["schemas"] |= {**schema.pop("$defs", {}), model.__name__: schema}
    components["responses"] = describe_responses()
    components["securitySchemes"] = _SECURITY
    for route in placed_routes():
        for method in route.methods or ():
            _complete(document["paths"][route.path][method.lower()], route, method)
    return document


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Add what holds for all operations of a kind: problems, idempotency and security."""
    statuses = {*_ALL, *_WITH_INPUT}
    has_caller = any(isinstance(policy, Needs) for policy in policies_of(route.dependant))
    statuses |= {*_WITH_CALLER} if has_caller else {*_OVERRIDES.get(route.name, ())}
    if method != "GET":
        statuses |= {*_CHANGING}
    operation["responses"] = {
        **{status: answer for status, answer in operation["responses"].items() if status < "400"},
        **{str(status): refer_to_response(status) for status in sorted(statuses)},
    }
    if has_caller:
        is_unsafe = method != "GET"
        session: dict[str, list[str]] = {"session": [], "csrf": []} if is_unsafe else {"session": []}
        operation["security"] = [session, {"token": []}]
        if any(isinstance(policy, NeedsFresh) for policy in policies_of(route.dependant)):
            operation["x-sensitive"] = True
        if method == "POST":
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
