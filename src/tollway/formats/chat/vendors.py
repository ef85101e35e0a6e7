"""What the vendors of this dialect make of it, as data: which fields each takes and how each wants the rest.

Every row names the vendor's page that it was read from. A vendor that is not listed takes what OpenAI takes, and
more: whoever serves models under a URL of its own knows fields that OpenAI has not.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

Replay = Literal["none", "details", "reasoning_content", "reasoning", "chunks"]
"""How thinking of earlier answers is sent back: OpenRouter's `reasoning_details`, a field of the message, Mistral's
content parts, or not at all."""

_BOOKKEEPING = frozenset({"metadata", "store", "prompt_cache_key", "service_tier", "verbosity"})
_SAMPLING = frozenset({"top_k", "min_p"})
_TOKENS = frozenset({"logit_bias", "logprobs", "top_logprobs"})
_ALL_CHOICES = frozenset({"auto", "none", "required", "tool"})
_MEDIA = frozenset({"image", "document", "audio", "video"})


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How one vendor speaks. `lacks` are fields of hub.Request it has none for; `renames` those it calls otherwise."""

    title: str
    lacks: frozenset[str] = frozenset()
    renames: dict[str, str] = {}
    replay: Replay = "none"
    media: frozenset[str] = frozenset({"image", "document", "audio"})
    stops_max: int = 4
    tool_choices: frozenset[str] = _ALL_CHOICES
    required_word: str = "required"
    has_tools: bool = True
    has_allowed_tools: bool = False
    has_schemas: bool = True
    has_strict: bool = True
    has_text_parts: bool = True
    has_names: bool = True
    has_refusals: bool = False
    has_cache_marks: bool = False
    has_image_detail: bool = True
    takes_user_after_tool: bool = True
    tool_media: bool = False
    """Whether a tool's result may hold pictures."""
    call_id_pattern: str = r".{1,40}"
    """What the vendor takes as the id of a call; others are replaced, the same ones by the same."""


OPENAI = Ways(title="OpenAI", lacks=_SAMPLING, has_allowed_tools=True, has_refusals=True)
"""https://platform.openai.com/docs/api-reference/chat/create"""

ANY = Ways(title="the provider", media=_MEDIA)
"""Any OpenAI-compatible URL."""

WAYS: Mapping[str, Ways] = MappingProxyType(
    {
        "openai": OPENAI,
        # Our own stand-in takes everything.
        "sandbox": Ways(
            title="the sandbox",
            replay="details",
            media=_MEDIA,
            stops_max=128,
            has_allowed_tools=True,
            has_refusals=True,
            has_cache_marks=True,
            tool_media=True,
        ),
        # https://console.groq.com/docs/openai#currently-unsupported-openai-features: no logprobs, logit_bias,
        # top_logprobs and messages[].name; "If N is supplied, it must be equal to 1". Thinking comes in `reasoning`
        # (https://console.groq.com/docs/reasoning).
        "groq": Ways(
            title="Groq",
            lacks=_SAMPLING | _TOKENS | (_BOOKKEEPING - {"service_tier"}) | {"choices"},
            replay="reasoning",
            media=frozenset({"image"}),
            has_names=False,
        ),
        # https://docs.mistral.ai/api/#tag/chat: `random_seed`, `any` for a forced call, thinking as content parts;
        # call ids must be nine letters or digits (https://docs.mistral.ai/capabilities/function_calling/), unknown
        # fields are refused, and "Expected last role User or Tool" allows no user message after a tool's.
        "mistral": Ways(
            title="Mistral",
            lacks=frozenset({"min_p", "logit_bias", "user", "store", "verbosity"}),
            renames={"seed": "random_seed"},
            replay="chunks",
            required_word="any",
            has_names=False,
            has_image_detail=False,
            takes_user_after_tool=False,
            tool_media=True,
            stops_max=128,
            call_id_pattern=r"[a-zA-Z0-9]{9}",
        ),
        # https://api-docs.deepseek.com/api/create-chat-completion: up to 16 stop sequences; JSON without a schema
        # (https://api-docs.deepseek.com/guides/json_mode); `strict` only at another URL
        # (https://api-docs.deepseek.com/guides/tool_calls); texts only. In conversations with calls the thinking must
        # be sent back (https://api-docs.deepseek.com/guides/thinking_mode).
        "deepseek": Ways(
            title="DeepSeek",
            lacks=_SAMPLING | _BOOKKEEPING | {"seed", "logit_bias", "choices", "user", "parallel_tool_calls"},
            replay="reasoning_content",
            media=frozenset(),
            stops_max=16,
            has_schemas=False,
            has_strict=False,
            has_text_parts=False,
        ),
        # https://openrouter.ai/docs/api-reference/parameters and .../features/prompt-caching (`cache_control`),
        # .../features/multimodal/overview (files, sounds and videos).
        "openrouter": Ways(
            title="OpenRouter",
            lacks=frozenset({"choices", "store", "metadata", "prompt_cache_key", "service_tier"}),
            replay="details",
            media=_MEDIA,
            stops_max=16,
            has_cache_marks=True,
        ),
        # https://inference-docs.cerebras.ai/resources/openai: frequency_penalty, logit_bias and presence_penalty
        # "will result in a 400 error".
        "cerebras": Ways(
            title="Cerebras",
            lacks=_SAMPLING
            | (_BOOKKEEPING - {"service_tier"})
            | {"frequency_penalty", "presence_penalty", "logit_bias", "choices"},
            replay="reasoning",
            media=frozenset({"image"}),
        ),
        # https://huggingface.co/docs/inference-providers/tasks/chat-completion
        "huggingface": Ways(
            title="Hugging Face",
            lacks=_SAMPLING | _BOOKKEEPING | {"user", "parallel_tool_calls"},
            media=frozenset({"image", "video"}),
            has_image_detail=False,
        ),
        # https://docs.z.ai/api-reference/llm/chat-completion: one stop sequence, `tool_choice` only `auto`, JSON
        # without a schema, `user_id`; thinking in `reasoning_content` is kept with `clear_thinking` false
        # (https://docs.z.ai/guides/capabilities/thinking-mode).
        "zai": Ways(
            title="Z.ai",
            lacks=_SAMPLING
            | _BOOKKEEPING
            | _TOKENS
            | {"seed", "frequency_penalty", "presence_penalty", "choices", "parallel_tool_calls"},
            renames={"user": "user_id"},
            replay="reasoning_content",
            media=frozenset({"image", "video"}),
            stops_max=1,
            tool_choices=frozenset({"auto"}),
            has_schemas=False,
            has_strict=False,
            has_image_detail=False,
            has_names=False,
        ),
        # https://platform.moonshot.ai/docs/api/chat: no `required`; in conversations with calls the thinking must be
        # sent back (https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model#frequently-asked-questions).
        "moonshot": Ways(
            title="Moonshot",
            lacks=_SAMPLING | _TOKENS | (_BOOKKEEPING - {"prompt_cache_key"}) | {"seed", "user", "parallel_tool_calls"},
            replay="reasoning_content",
            media=frozenset({"image", "video"}),
            tool_choices=frozenset({"auto", "none"}),
            has_strict=False,
            has_image_detail=False,
        ),
        # https://docs.perplexity.ai/api-reference/chat-completions-post: it searches in any case, and calls no tools.
        "perplexity": Ways(
            title="Perplexity",
            lacks=_TOKENS | _BOOKKEEPING | {"min_p", "seed", "choices", "user", "parallel_tool_calls"},
            media=frozenset({"image"}),
            stops_max=0,
            has_tools=False,
            has_names=False,
            has_image_detail=False,
        ),
        # https://docs.fireworks.ai/guides/reasoning: thinking of earlier answers is taken in `reasoning_content`.
        "fireworks": Ways(
            title="Fireworks",
            lacks=frozenset({"store", "verbosity", "metadata"}),
            replay="reasoning_content",
            media=frozenset({"image"}),
        ),
        # https://docs.x.ai/docs/api-reference#chat-completions
        "xai": Ways(
            title="xAI",
            lacks=_SAMPLING | {"logit_bias", "store", "metadata", "verbosity", "service_tier"},
            media=frozenset({"image"}),
        ),
        # https://github.com/ollama/ollama/blob/main/docs/openai.md#supported-request-fields: no tool_choice, n, user
        # and logit_bias; what it does not know it drops in silence, so it is not sent.
        "ollama": Ways(
            title="Ollama",
            lacks=_SAMPLING | _BOOKKEEPING | {"logit_bias", "choices", "user", "parallel_tool_calls"},
            replay="reasoning",
            media=frozenset({"image"}),
            stops_max=128,
            tool_choices=frozenset({"auto"}),
            has_strict=False,
            has_image_detail=False,
            has_names=False,
        ),
    }
)


def ways_of(vendor: str) -> Ways:
    """Return how a vendor speaks."""
    return WAYS.get(vendor, ANY)
