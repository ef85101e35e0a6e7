"""The whole extension surface of a provider: one row of data.

A vendor is data where it can be: which dialects it speaks, and everything else the pipeline must know about it is a
field here, each quirk with the vendor's page that states it in `catalogue.toml`. What a dialect itself is like is in
`formats/`.
"""

from typing import Literal

import msgspec

from tollway.formats.dialect import DialectName

StreamUsage = Literal["option", "native", "none"]
"""How usage is stated in streams: when `stream_options.include_usage` asks for it, always, or never."""
EmbeddingDialectName = Literal["openai", "gemini", "none"]
"""In whose way embeddings are asked for; `none`: the vendor has none."""


class ProviderKind(msgspec.Struct, frozen=True):
    """A kind of provider an operator can configure.

    `base_url` is the vendor's own and the default; paths such as `/chat/completions` are appended to it, after
    `version_path` where the configured URL names no version. `dialects` are those it speaks: a call in one of them is
    passed through, any other is translated into the first
    of them that can say it. `price_kind` names the vendor's price list, empty when
    prices cannot be known. `cap_field` is the request field that bounds the output when the gateway must set a bound.
    `vendor` is the kind whose ways of speaking a dialect it shares, empty where it has its own. `headers` are sent
    unless the caller's own of that name travel on.
    """

    name: str
    title: str
    docs_url: str
    base_url: str = ""
    version_path: str = ""
    dialects: tuple[DialectName, ...] = ("chat",)
    needs_credential: bool = True
    price_kind: str = ""
    credential_header: str = "authorization"
    credential_scheme: str = "Bearer"
    stream_usage: StreamUsage = "option"
    cap_field: str = "max_tokens"
    request_id_header: str = "x-request-id"
    embeddings: EmbeddingDialectName = "openai"
    headers: tuple[tuple[str, str], ...] = ()
    vendor: str = ""

    @property
    def ways(self) -> str:
        """Whose ways of speaking its dialects it has: its own, or those of the kind that `vendor` names."""
        return self.vendor or self.name
