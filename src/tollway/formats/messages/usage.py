"""Usage as Anthropic states it, read into our own counts and written again.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance — "Total input tokens
in a request is the summation of input_tokens, cache_creation_input_tokens, and cache_read_input_tokens"; ours includes
all three. `output_tokens` includes thinking. In streams the counts of `message_delta` are totals that replace those of
`message_start`. What compaction consumed is only in `iterations` and is added; what an advisor, another model, consumed
is in `iterations` too and has another price: it is not counted.
https://platform.claude.com/docs/en/build-with-claude/compaction-threshold
"""

from typing import Annotated, Any

import msgspec
from msgspec import structs

from tollway.contract.usage import BYTES_PER_TOKEN, USUAL_TIERS, Usage
from tollway.formats.lenient import COUNT_MAX, Fields

Count = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)] | None


class _Split(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: Count = None
    ephemeral_5m_input_tokens: Count = None


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: Count = None


class _Tools(msgspec.Struct, gc=False):
    web_search_requests: Count = None
    code_execution_requests: Count = None


class PlainUsage(msgspec.Struct, gc=False):
    """The `usage` object as it is documented; whoever meets `iterations` reads them with `stated_in`."""

    input_tokens: Count = None
    output_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_creation: _Split | None = None
    output_tokens_details: _Details | None = None
    server_tool_use: _Tools | None = None
    service_tier: str | None = None
    speed: str | None = None
    iterations: list[msgspec.Raw] | None = None

    def stated(self) -> "Stated | None":
        """Return what is stated; None when neither input nor output is."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        split, details, tools = self.cache_creation, self.output_tokens_details, self.server_tool_use
        return Stated(
            self.input_tokens,
            self.output_tokens,
            self.cache_read_input_tokens,
            self.cache_creation_input_tokens,
            None if split is None else split.ephemeral_1h_input_tokens,
            None if split is None else split.ephemeral_5m_input_tokens,
            None if details is None else details.thinking_tokens,
            None if tools is None else tools.web_search_requests,
            None if tools is None else tools.code_execution_requests,
            "fast" if self.speed == "fast" else self.service_tier or None,
        )


_plain = msgspec.json.Decoder(PlainUsage)


class Stated(msgspec.Struct, frozen=True, gc=False):
    """What was stated so far, in Anthropic's own fields; None is not stated."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    cache_write_5m: int | None = None
    thinking: int | None = None
    web_searches: int | None = None
    code_executions: int | None = None
    tier: str | None = None
    compaction_inputs: int | None = None
    compaction_outputs: int | None = None
    compaction_reads: int | None = None
    compaction_writes: int | None = None
    compaction_writes_1h: int | None = None

    def merge(self, later: "Stated | None") -> "Stated":
        """Return both statements together, the later one first."""
        if later is None:
            return self
        changes = {name: value for name in later.__struct_fields__ if (value := getattr(later, name)) is not None}
        return structs.replace(self, **changes)

    def usage(self) -> Usage:
        """Return the counts; each cut to [0, 2^40] and details to their total, so that no charge can be negative."""
        split = self.cache_write_1h, self.cache_write_5m
        written = sum(count or 0 for count in split) if self.cache_write is None else self.cache_write
        written_1h = min(self.cache_write_1h or 0, written) + (self.compaction_writes_1h or 0)
        written += self.compaction_writes or 0
        read = (self.cache_read or 0) + (self.compaction_reads or 0)
        fresh = (self.input_tokens or 0) + (self.compaction_inputs or 0)
        outputs = (self.output_tokens or 0) + (self.compaction_outputs or 0)
        return Usage(
            input_tokens=fresh + read + written,
            output_tokens=outputs,
            cached_input_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=min(self.thinking or 0, outputs),
            web_searches=self.web_searches or 0,
            cache_write_1h_tokens=written_1h,
            code_executions=self.code_executions or 0,
            tier=self.tier or "",
        )


def read_usage(raw: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    answer = Fields.parse(raw)
    stated = None if answer is None else read_stated(answer.raw("usage"))
    return None if stated is None else stated.usage()


def read_stated(raw: bytes) -> Stated | None:
    """Read the bytes of a `usage` object, as `stated_in` does: in one step where it is as Anthropic documents it."""
    try:
        plain = _plain.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return stated_in(Fields.parse(raw))
    if plain.iterations is not None:
        return stated_in(Fields.parse(raw))
    return plain.stated()


def stated_in(usage: Fields | None) -> Stated | None:
    """Read a `usage` object; None when it names neither input nor output."""
    if usage is None or not ("input_tokens" in usage or "output_tokens" in usage):
        return None
    split = usage.child("cache_creation")
    details = usage.child("output_tokens_details")
    tools = usage.child("server_tool_use")
    stated = Stated(
        input_tokens=_count(usage, "input_tokens"),
        output_tokens=_count(usage, "output_tokens"),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write=_count(usage, "cache_creation_input_tokens"),
        cache_write_1h=_count(split, "ephemeral_1h_input_tokens"),
        cache_write_5m=_count(split, "ephemeral_5m_input_tokens"),
        thinking=_count(details, "thinking_tokens"),
        web_searches=_count(tools, "web_search_requests"),
        code_executions=_count(tools, "code_execution_requests"),
        tier=_tier(usage),
    )
    compactions = [item for item in usage.children("iterations") if item.text("type") == "compaction"]
    return _with_compactions(stated, compactions) if compactions else stated


def estimate_usage(raw: bytes, input_tokens_estimate: int) -> Usage:
    """Estimate what an answer without stated usage consumed, from the length of what was made."""
    answer = Fields.parse(raw)
    made = 0 if answer is None else sum(map(_block_bytes, answer.children("content")))
    return Usage(input_tokens=input_tokens_estimate, output_tokens=-(-made // BYTES_PER_TOKEN), is_estimated=True)


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Return a `usage` object; one that was not stated has zeros, since the field is required."""
    usage = usage or Usage()
    fresh = max(0, usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens)
    written: dict[str, Any] = {
        "input_tokens": fresh,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": max(0, usage.cache_write_tokens - usage.cache_write_1h_tokens),
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        },
        "output_tokens": usage.output_tokens,
    }
    if usage.reasoning_tokens:
        written["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if usage.web_searches:
        written["server_tool_use"] = {"web_search_requests": usage.web_searches, "web_fetch_requests": 0}
    written["service_tier"] = _written_tier(usage.tier)
    return written


def write_delta_usage(usage: Usage | None) -> dict[str, Any]:
    """Return the `usage` of a stream's `message_delta`: totals, without the tier.

    Anthropic's own has no split of what was written to the cache, since its `message_start` has it; another vendor's is
    known only now.
    """
    written = write_usage(usage)
    del written["service_tier"]
    if not written["cache_creation_input_tokens"]:
        del written["cache_creation"]
    return written


def _with_compactions(stated: Stated, items: list[Fields]) -> Stated:
    splits = [item.child("cache_creation") for item in items]
    return structs.replace(
        stated,
        compaction_inputs=sum(item.count("input_tokens") for item in items),
        compaction_outputs=sum(item.count("output_tokens") for item in items),
        compaction_reads=sum(item.count("cache_read_input_tokens") for item in items),
        compaction_writes=sum(item.count("cache_creation_input_tokens") for item in items),
        compaction_writes_1h=sum(split.count("ephemeral_1h_input_tokens") for split in splits if split is not None),
    )


def _count(fields: Fields | None, name: str) -> int | None:
    if fields is None or name not in fields:
        return None
    return min(fields.count(name), COUNT_MAX)


def _tier(usage: Fields) -> str | None:
    """Return the tier; the fast mode is priced as one. https://platform.claude.com/docs/en/build-with-claude/fast-mode"""
    if usage.text("speed") == "fast":
        return "fast"
    return usage.text("service_tier") or None


def _written_tier(tier: str) -> str | None:
    """Return the tier in Anthropic's word; null for another vendor's that it has no word for."""
    if tier in USUAL_TIERS:
        return "standard"
    return tier if tier in ("priority", "batch") else None


def _block_bytes(block: Fields) -> int:
    texts = (block.text("text"), block.text("thinking"))
    made = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return made + (len(block.raw("input")) if block.text("type") in ("tool_use", "server_tool_use") else 0)
