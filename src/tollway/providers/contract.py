"""The whole extension surface of a provider that speaks OpenAI's dialect: one row of data.

A vendor is data where it can be. Everything the pipeline must know about one is a field here, each quirk with
the vendor's page that states it in `catalogue.toml`.
"""

from typing import Literal

import msgspec

StreamUsage = Literal["option", "native", "none"]
"""How usage is stated in streams: when `stream_options.include_usage` asks for it, always, or never."""


class ProviderKind(msgspec.Struct, frozen=True):
    """A kind of provider an operator can configure.

    `base_url` is the vendor's own and the default; paths such as `/chat/completions` are appended to it.
    `price_kind` names the vendor's price list, empty when prices cannot be known. `cap_field` is the request field
    that bounds the output when the gateway must set a bound.
    """

    name: str
    title: str
    docs_url: str
    base_url: str = ""
    needs_credential: bool = True
    price_kind: str = ""
    credential_header: str = "authorization"
    credential_scheme: str = "Bearer"
    stream_usage: StreamUsage = "option"
    cap_field: str = "max_tokens"
    request_id_header: str = "x-request-id"
    has_embeddings: bool = True
