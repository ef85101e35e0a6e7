"""The sandbox's models, with made-up prices of the usual sizes so that budgets can be tried out."""

import msgspec


class SandboxModel(msgspec.Struct, frozen=True):
    """A model of the sandbox; prices in USD per million tokens, as decimal strings."""

    name: str
    operation: str
    input_usd_per_million: str
    output_usd_per_million: str
    output_tokens_max: int
    cached_input_usd_per_million: str | None = None


MODELS: tuple[SandboxModel, ...] = (
    SandboxModel("sandbox-small", "chat", "0.15", "0.60", 16_384, "0.075"),
    SandboxModel("sandbox-large", "chat", "2.50", "10", 16_384, "1.25"),
    SandboxModel("sandbox-embedding", "embeddings", "0.02", "0", 0),
)
