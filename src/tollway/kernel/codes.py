"""The one table of error codes.

Each code has a status, who is at fault, whether trying again can help, its meaning and what to
check. `docs/errors.md` is generated from this table and a test compares them. Codes are permanent:
a code that left the table is never given another meaning.
"""

from enum import StrEnum

import msgspec


class Source(StrEnum):
    """Who is at fault."""

    CALLER = "caller"
    UPSTREAM = "upstream"
    SELF = "self"


class Retry(StrEnum):
    """Whether the same call may be sent again."""

    NEVER = "never"
    SAFE = "safe"
    LATER = "later"


class Code(msgspec.Struct, frozen=True, gc=False):
    """One row: the permanent name, the HTTP status it answers with, and its documentation."""

    name: str
    status: int
    source: Source
    retry: Retry
    meaning: str
    check: str


def _row(name: str, status: int, source: Source, retry: Retry, meaning: str, check: str) -> Code:
    return Code(name, status, source, retry, meaning, check)


_C, _U, _S = Source.CALLER, Source.UPSTREAM, Source.SELF
_NEVER, _SAFE, _LATER = Retry.NEVER, Retry.SAFE, Retry.LATER

TABLE: tuple[Code, ...] = (
    # The request itself.
    _row(
        "request.malformed",
        400,
        _C,
        _NEVER,
        "The request breaks HTTP/1.1 or the limits of its grammar.",
        "Send a request that follows RFC 9112; the message says which rule was broken.",
    ),
    _row(
        "request.path",
        400,
        _C,
        _NEVER,
        "The path cannot be read in exactly one way.",
        "Remove encoded slashes, dot segments, backslashes, control characters and double encodings from the path.",
    ),
    _row(
        "request.header_too_large",
        431,
        _C,
        _NEVER,
        "The request line or the header section is over its limit.",
        "Send fewer or shorter headers.",
    ),
    _row(
        "request.body_too_large",
        413,
        _C,
        _NEVER,
        "The body is over the limit of this route.",
        "Send a smaller body, or raise `limits.body_bytes_max`.",
    ),
    _row(
        "request.timeout",
        408,
        _C,
        _SAFE,
        "The head or the body did not arrive in time.",
        "Check the network between caller and gateway, and the deadlines in the settings.",
    ),
    _row(
        "request.body_invalid",
        400,
        _C,
        _NEVER,
        "The body is not the JSON object this path expects.",
        "The message names the field or the byte; duplicate keys are refused.",
    ),
    _row(
        "request.field_invalid",
        400,
        _C,
        _NEVER,
        "A field of the body has a value that cannot be used.",
        "The message names the field and what would work.",
    ),
    _row(
        "request.untranslatable",
        400,
        _C,
        _NEVER,
        "The body asks for something that no provider of this model can be asked for in its dialect.",
        "The message names the field and what would work; docs/translation.md lists what each dialect can express.",
    ),
    _row(
        "request.media_type",
        415,
        _C,
        _NEVER,
        "The body's content type or coding is not one this path reads.",
        "Send application/json without a content coding.",
    ),
    _row(
        "request.expectation",
        417,
        _C,
        _NEVER,
        "The Expect header asks for something other than 100-continue.",
        "Remove the Expect header.",
    ),
    _row(
        "request.method",
        501,
        _C,
        _NEVER,
        "The method is not one this gateway knows.",
        "Methods are case-sensitive; CONNECT and private methods are not served.",
    ),
    _row(
        "request.version",
        505,
        _C,
        _NEVER,
        "The request is not HTTP/1.1 or HTTP/1.0.",
        "Use HTTP/1.1; HTTP/2 is the job of a proxy in front.",
    ),
    _row(
        "request.upgrade",
        400,
        _C,
        _NEVER,
        "The upgrade request is not a complete WebSocket handshake.",
        "Send the handshake of RFC 6455, or leave the Upgrade header out.",
    ),
    _row(
        "route.not_found",
        404,
        _C,
        _NEVER,
        "No published path matches this request.",
        "Check the path and its prefix in the list of services.",
    ),
    _row(
        "route.method",
        405,
        _C,
        _NEVER,
        "The path exists, but not with this method.",
        "Use a method named in the Allow header.",
    ),
    # The credential.
    _row("token.missing", 401, _C, _NEVER, "No credential was presented.", "Send `Authorization: Bearer <token>`."),
    _row(
        "token.ambiguous",
        400,
        _C,
        _NEVER,
        "More than one credential was presented, and they differ.",
        "Send the token in one place only.",
    ),
    _row(
        "token.malformed",
        401,
        _C,
        _NEVER,
        "The credential does not have the form of a token of this gateway.",
        "Copy the token again: its checksum does not match, or it belongs to another system.",
    ),
    _row(
        "token.invalid",
        401,
        _C,
        _NEVER,
        "The token is not known here.",
        "Check that the token was issued by this gateway and copied whole.",
    ),
    _row("token.revoked", 401, _C, _NEVER, "The token was revoked.", "Ask its owner for a new one."),
    _row(
        "token.replaced",
        401,
        _C,
        _NEVER,
        "The token's secret was replaced by a newer one.",
        "Use the new secret; the old one stopped working when its overlap ended.",
    ),
    _row(
        "token.not_yet_valid",
        401,
        _C,
        _NEVER,
        "The token is not valid yet.",
        "Wait as long as the Retry-After header says.",
    ),
    _row("token.expired", 401, _C, _NEVER, "The token has expired.", "Issue a new token, or one with a later expiry."),
    _row("token.disabled", 403, _C, _NEVER, "The token is switched off for now.", "Ask its owner to enable it."),
    _row(
        "token.quarantined",
        403,
        _C,
        _NEVER,
        "The token is quarantined, and may not do this until somebody has looked into it.",
        "Ask its owner what happened; they can release it or give you another.",
    ),
    _row(
        "token.owner_disabled",
        403,
        _C,
        _NEVER,
        "The application that owns the token is switched off.",
        "Ask the application's owner to enable it.",
    ),
    _row(
        "token.model_denied",
        403,
        _C,
        _NEVER,
        "The token may not use this model.",
        "Use a model listed by GET /v1/models, or have the model added to the token.",
    ),
    _row(
        "token.service_denied",
        403,
        _C,
        _NEVER,
        "The token may not use this service.",
        "Have the service added to the token.",
    ),
    _row(
        "token.scope_denied",
        403,
        _C,
        _NEVER,
        "The token may not use this part of the gateway.",
        "The message names the rule and whose it is; have the scope added there.",
    ),
    _row(
        "token.route_denied",
        403,
        _C,
        _NEVER,
        "The token may not call this route.",
        "The message names the rule and whose it is; have the route permitted there.",
    ),
    _row(
        "token.address_denied",
        403,
        _C,
        _NEVER,
        "The token may not be used from this address.",
        "Call from a permitted network; behind a proxy, have it listed in `gateway.trusted_proxies`.",
    ),
    _row(
        "token.outside_window",
        403,
        _C,
        _NEVER,
        "The token may not be used at this hour.",
        "Call again when they open: the message and the Retry-After header say when.",
    ),
    _row(
        "token.parameter_denied",
        403,
        _C,
        _NEVER,
        "The token may not ask a model for this.",
        "The message names the rule and whose it is; leave the parameter out or ask for less.",
    ),
    _row(
        "token.environment",
        403,
        _C,
        _NEVER,
        "The token is for the other environment: live tokens reach live models and services, test tokens test ones.",
        "Use a token of the other environment, or ask for what yours reaches; GET /v1/models lists the models.",
    ),
    # Room.
    _row(
        "limit.requests",
        429,
        _C,
        _LATER,
        "A request limit is used up for now.",
        "Wait as long as Retry-After says; the message names the limit.",
    ),
    _row(
        "limit.tokens",
        429,
        _C,
        _LATER,
        "What remains of a token limit is not enough for this call.",
        "The message names the limit and when it has room again; ask for less output, or wait as Retry-After says.",
    ),
    _row(
        "limit.bytes",
        429,
        _C,
        _LATER,
        "A limit on bytes is used up for now.",
        "The message names the limit and when it has room again; wait as Retry-After says.",
    ),
    _row(
        "limit.concurrency",
        429,
        _C,
        _LATER,
        "Too many calls of this owner are in flight.",
        "Wait for a call to end, or raise the limit.",
    ),
    _row(
        "budget.exhausted",
        429,
        _C,
        _LATER,
        "What remains of a budget is not enough for this call.",
        "The message names the budget and when it resets; ask for less output or raise the budget.",
    ),
    _row(
        "budget.unbounded",
        400,
        _C,
        _NEVER,
        "A budget or token limit applies and the call has no bound on its output.",
        "Set max_tokens (or max_completion_tokens), or change `budgets.unbounded_output`.",
    ),
    _row(
        "budget.unpriced",
        403,
        _C,
        _NEVER,
        "A budget applies and this model has no known price.",
        "Add a price for the model, or use the model with a token that has no budget.",
    ),
    # Models and providers.
    _row(
        "model.not_found",
        404,
        _C,
        _NEVER,
        "No provider offers this model under this name.",
        "Use a name from GET /v1/models.",
    ),
    _row(
        "response.not_found",
        404,
        _C,
        _NEVER,
        "No response of this id is kept for this token.",
        "Responses are kept for 30 days unless `store` was false, for the application that asked for them.",
    ),
    _row(
        "response.previous_not_found",
        400,
        _C,
        _NEVER,
        "The response to continue is not kept for this token.",
        "Send the whole conversation as `input`; responses are kept for 30 days unless `store` was false.",
    ),
    _row(
        "response.not_cancellable",
        400,
        _C,
        _NEVER,
        "Only a response that runs in the background can be cancelled.",
        "Close the connection to end a response that is being answered.",
    ),
    _row(
        "model.unsupported",
        400,
        _C,
        _NEVER,
        "The model exists, but not for this kind of call.",
        "Check what the model's provider can do.",
    ),
    # Upstreams.
    _row(
        "upstream.unreachable",
        502,
        _U,
        _SAFE,
        "No connection to the upstream could be made.",
        "Check the upstream's address, DNS, TLS and network.",
    ),
    _row(
        "upstream.forbidden_address",
        502,
        _S,
        _NEVER,
        "The upstream's address is one this gateway may not connect to.",
        "Set `allow_private` on the provider or service if the address is meant.",
    ),
    _row(
        "upstream.tls",
        502,
        _U,
        _NEVER,
        "The upstream's certificate or TLS handshake was not accepted.",
        "Check the certificate, its name and the CA bundle set for this upstream.",
    ),
    _row(
        "upstream.timeout",
        504,
        _U,
        _SAFE,
        "The upstream did not answer in time.",
        "The message names which deadline passed; raise it if the upstream is known to be slow.",
    ),
    _row(
        "upstream.protocol",
        502,
        _U,
        _NEVER,
        "The upstream's answer breaks HTTP/1.1 or is over its limits.",
        "Check what the upstream sends; the connection was closed.",
    ),
    _row(
        "upstream.truncated",
        502,
        _U,
        _NEVER,
        "The upstream's answer ended before it was complete.",
        "Try again; what had arrived was relayed and is billed.",
    ),
    _row(
        "upstream.failed",
        502,
        _U,
        _SAFE,
        "The provider broke its streamed answer off with an error of its own.",
        "The error event says what the provider said; try again, or ask another model.",
    ),
    _row(
        "upstream.auth",
        502,
        _U,
        _NEVER,
        "The upstream refused the gateway's own credential.",
        "Check the provider's key.",
    ),
    _row(
        "upstream.no_credential",
        503,
        _S,
        _NEVER,
        "The provider has no usable credential.",
        "Enter a key for the provider, or check its `env:` or `file:` reference.",
    ),
    _row(
        "upstream.exhausted",
        502,
        _U,
        _LATER,
        "Every candidate for this call failed.",
        "See the attempts of the call on the console.",
    ),
    # The gateway itself.
    _row(
        "gateway.not_ready",
        503,
        _S,
        _LATER,
        "The gateway has not been set up or is still starting.",
        "Finish the set-up on the console.",
    ),
    _row(
        "gateway.overloaded",
        503,
        _S,
        _LATER,
        "The gateway is at its limit of memory or connections.",
        "Try again shortly; raise `limits.connections_max` or add workers.",
    ),
    _row(
        "gateway.draining", 503, _S, _SAFE, "The gateway is stopping.", "Send the call again; another worker answers."
    ),
    _row(
        "gateway.policy_unavailable",
        503,
        _S,
        _LATER,
        "The policy store cannot be read.",
        "See the log; run `tollway doctor`.",
    ),
    _row(
        "gateway.meters_unavailable",
        503,
        _S,
        _LATER,
        "The meters cannot be read or locked in time.",
        "See the log; run `tollway doctor`.",
    ),
    _row(
        "gateway.journal_unavailable",
        503,
        _S,
        _LATER,
        "The call cannot be recorded, so it is not made.",
        "Check free disk space in the data directory.",
    ),
    _row(
        "gateway.states_unavailable",
        503,
        _S,
        _LATER,
        "What is kept of earlier responses cannot be reached.",
        "Check free disk space in the data directory; a call with `store: false` and all of its `input` needs none.",
    ),
    _row(
        "gateway.record_damaged",
        503,
        _S,
        _NEVER,
        "The stored record behind this token cannot be read.",
        "Run `tollway doctor`; issue the token anew.",
    ),
    _row("gateway.internal", 500, _S, _NEVER, "A fault of the gateway.", "Report it with the request id."),
    # Management.
    _row(
        "management.unauthenticated",
        401,
        _C,
        _NEVER,
        "The console does not know who is calling.",
        "Sign in, or send a valid session cookie.",
    ),
    _row("management.forbidden", 403, _C, _NEVER, "The signed-in person may not do this.", "Ask an administrator."),
    _row(
        "management.csrf",
        403,
        _C,
        _NEVER,
        "The request does not prove that it comes from the console's own pages.",
        "Reload the page and try again; scripts use the command line or the local socket.",
    ),
    _row(
        "management.host",
        421,
        _C,
        _NEVER,
        "The Host header is not one of the console's names.",
        "Add the name to `console.hosts`.",
    ),
    _row(
        "management.invalid",
        422,
        _C,
        _NEVER,
        "A field of the request is missing, unknown or has a wrong value.",
        "The `errors` list names each field.",
    ),
    _row("management.not_found", 404, _C, _NEVER, "There is no such object, or none you may see.", "Check the id."),
    _row(
        "management.conflict",
        409,
        _C,
        _NEVER,
        "The change contradicts what is stored.",
        "Read the object again and repeat the change.",
    ),
    _row(
        "management.precondition",
        412,
        _C,
        _NEVER,
        "The object has changed since it was read.",
        "Read it again and send the new ETag in If-Match.",
    ),
    _row(
        "management.idempotency",
        409,
        _C,
        _NEVER,
        "The idempotency key was used for a different request.",
        "Use a new key for a new request.",
    ),
    _row("management.throttled", 429, _C, _LATER, "Too many attempts.", "Wait as long as Retry-After says."),
    _row(
        "management.sign_in",
        401,
        _C,
        _NEVER,
        "The name or the password is wrong.",
        "Check both; after several failures there is a pause.",
    ),
    _row(
        "management.second_factor",
        401,
        _C,
        _NEVER,
        "The second step of the sign-in failed.",
        "The code is wrong or was used already, or the first step is more than 5 minutes ago; wait for the next code.",
    ),
    _row(
        "management.step_up",
        403,
        _C,
        _NEVER,
        "This needs a proof, given lately, of who you are.",
        "Confirm with `POST /api/v1/session/step-up` (`GET /api/v1/session` says by what) and send the request again.",
    ),
    _row(
        "management.setup_link",
        403,
        _C,
        _NEVER,
        "The set-up link is wrong, used or expired.",
        "Restart the gateway, or run `tollway setup-link`, for a new one.",
    ),
    _row(
        "management.user_link",
        403,
        _C,
        _NEVER,
        "The link is wrong, used, expired or replaced by a newer one.",
        "Ask whoever sent it for a new one.",
    ),
    _row(
        "management.unavailable",
        503,
        _S,
        _LATER,
        "The database cannot be reached or written.",
        "Tokens keep working; try again when the database is back.",
    ),
    _row(
        "usage.unavailable",
        503,
        _S,
        _LATER,
        "The ledger does not answer.",
        "Calls are still recorded in the journal; it catches up by itself.",
    ),
    _row(
        "storage.newer_schema",
        503,
        _S,
        _NEVER,
        "The database was migrated by a newer version of this program.",
        "Start the newer version, or restore the copy made before the migration from `backups/`.",
    ),
)

BY_NAME: dict[str, Code] = {code.name: code for code in TABLE}

if len(BY_NAME) != len(TABLE):  # pragma: no cover - a programming mistake, found at import
    raise RuntimeError("an error code is declared twice")
