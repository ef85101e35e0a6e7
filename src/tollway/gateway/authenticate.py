"""Stage 2: who calls.

Reads the credential from the four headers that may carry it (RFC 6750 section 2.1 and the SDKs' own), checks grammar
and checksum before anything is looked up, then asks the policy store. An infrastructure failure here is a 503,
never a 401.
"""

from urllib.parse import parse_qsl

from msgspec import structs

from tollway.contract.life import ALWAYS_NS, Act
from tollway.contract.policy import TokenRecord
from tollway.contract.records import RefusedKind
from tollway.gateway.accept import CREDENTIAL_HEADERS, Inbound
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.life import EXPIRES_HEADER, Remarks, write_instant
from tollway.gateway.ports import PolicyView
from tollway.gateway.subjects import REFUSED_WHEN_PROVEN, Caller, proven_token
from tollway.kernel.errors import TollwayError
from tollway.policy.token import ParsedToken, parse_token

CREDENTIAL_BYTES_MAX = 8_192
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(inbound: Inbound, call: Call, gw: Gateway, view: PolicyView) -> Caller:
    """Return the caller, checked at this instant, and note it in `call`.

    Raises token.missing, token.ambiguous, token.malformed, token.invalid, token.replaced, token.revoked, token.expired,
    token.not_yet_valid, token.disabled, token.owner_disabled, token.quarantined or gateway.record_damaged.
    """
    if inbound.token is None:
        credential = read_credential(inbound)
        if credential is None:
            credential = _read_query(inbound, gw, view)
            # Whether the query may carry a token is the service's setting, so that it is not kept with the head.
            inbound = structs.replace(inbound)
        if credential is None:
            raise TollwayError("token.missing")
        inbound.credential = credential
        inbound.token = parse_token(credential)
        if inbound.token is None:
            gw.refusals.note(call.client_address, "malformed", "", (credential, call.client_agent))
            raise TollwayError("token.malformed")
    if view.revision == 0:
        raise TollwayError("gateway.not_ready")
    now_ns = gw.now_ns  # as a name of its own a call of it costs less
    try:
        caller = gw.subjects.identify(inbound, view, now_ns())
    except TollwayError as error:
        if error.code.name in REFUSED_WHEN_PROVEN and (proven := proven_token(inbound.proof)) is not None:
            _note(proven, call)
        elif error.code.name == "token.invalid":
            _note_guess(inbound, call, gw, view)
        raise
    _note(caller.token, call)
    if caller.remarks is not None:
        _heed(caller.remarks, inbound, call)
    return caller


def _note(token: TokenRecord, call: Call) -> None:
    """Write down whose call it is, also when it is refused: only who holds the secret comes this far."""
    call.token_id = token.id
    call.environment = token.environment
    call.team_id = token.team_id or ""
    if token.application_id is not None:
        call.application_id = token.application_id


def _note_guess(inbound: Inbound, call: Call, gw: Gateway, view: PolicyView) -> None:
    """Count who presented what is no token. The same work for an unknown id as for a wrong secret."""
    assert inbound.token is not None and inbound.credential is not None, "it was read"
    token_id = inbound.token.id
    kind: RefusedKind = "unknown" if view.find_token(token_id) is None else "wrong_secret"
    gw.refusals.note(call.client_address, kind, token_id, (inbound.credential, call.client_agent))


def read_credential(inbound: Inbound) -> bytes | None:
    """Return the presented credential, None when there is none. Equal ones in two headers count as one."""
    fields = inbound.fields
    found: bytes | None = None
    for name in CREDENTIAL_HEADERS:
        value = fields.get(name)
        if value is None:
            continue
        if name == b"authorization":
            value = _read_bearer(value)
        if found is not None and value != found:
            raise TollwayError("token.ambiguous")
        found = value
    return found


def _read_bearer(value: bytes) -> bytes:
    """RFC 6750 section 2.1: `Bearer` (RFC 9110 section 11.1: in any case), one space, the token."""
    if len(value) > CREDENTIAL_BYTES_MAX or value[:7].lower() != b"bearer ":
        raise TollwayError("token.malformed", public="The Authorization header is not `Bearer <token>`.")
    return value[7:]


def _read_query(inbound: Inbound, gw: Gateway, view: PolicyView) -> bytes | None:
    """Look into the query only where a service allows it."""
    if "=" not in inbound.query or inbound.operation.kind != "service":
        return None
    parameter = gw.compiled(view).find_query_token_parameter(inbound.path)
    if parameter is None:
        return None
    values = [value for name, value in parse_qsl(inbound.query) if name == parameter]
    if len(values) > 1:
        raise TollwayError("token.ambiguous")
    return values[0].encode("utf-8", "replace") if values else None


def read_query_token(inbound: Inbound, gw: Gateway, view: PolicyView) -> ParsedToken | None:
    """Return the token in the query of a call to a service that allows it there."""
    credential = _read_query(inbound, gw, view)
    return None if credential is None else parse_token(credential)


def _heed(remarks: Remarks, inbound: Inbound, call: Call) -> None:
    """Note what is unusual in the call and its answer. Raises token.quarantined for an act that is denied."""
    call.old_secret = remarks.old_secret
    if remarks.expires_ns is not None and remarks.expires_ns != ALWAYS_NS:
        call.answer_headers = (*call.answer_headers, (EXPIRES_HEADER, write_instant(remarks.expires_ns)))
    if remarks.denied and _act_of(inbound) in remarks.denied:
        raise TollwayError("token.quarantined")


def _act_of(inbound: Inbound) -> Act:
    """Return what the call does. What needs no token is never asked about."""
    match inbound.operation.kind:
        case "generate" | "embed" | "count" | "stored" as kind:
            return kind
        case "models" | "model":
            return "models"
        case _ if inbound.websocket_key is not None:
            return "websocket"
        case _:
            return "service_read" if inbound.method in _SAFE_METHODS else "service_write"
