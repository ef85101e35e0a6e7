"""The answers the edge gives by itself: before there is a request, or when the handler failed.

They have OpenAI's error shape, since no dialect is known yet. Texts are those of the code table and the
rules of the grammar; never anything the caller sent.
"""

from collections.abc import Mapping

import msgspec

from tollway.gateway.ports import Headers
from tollway.kernel.codes import Source
from tollway.kernel.errors import TollwayError


def refusal(error: TollwayError, explained: Mapping[str, bytes]) -> tuple[int, Headers, bytes]:
    """Return status, headers and JSON body that tell the caller about `error`.

    `explained` are the Link headers by code; see `gateway/explained.py`.
    """
    body = {
        "error": {
            "message": error.public,
            "type": "invalid_request_error" if error.code.source is Source.CALLER else "server_error",
            "code": error.code.name,
            "param": error.param,
        }
    }
    headers: Headers = [(b"content-type", b"application/json")]
    if (link := explained.get(error.code.name)) is not None:
        headers.append((b"link", link))
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in error.headers.items()]
    return error.status, headers, msgspec.json.encode(body)
