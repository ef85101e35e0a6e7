"""What a model's name says about what it takes.

https://platform.openai.com/docs/guides/reasoning and https://console.groq.com/docs/reasoning — names may be prefixed
by a vendor (`openai/gpt-5.6`).
"""

import re

_GENERATION = re.compile(r"(?:^|/|:)gpt-(\d+)(?:\.(\d+))?")
_O_SERIES = re.compile(r"(?:^|/|:)o[1-9](?:-|$)")
_UNTHINKING = re.compile(r"(?:^|/|:)(?:chatgpt|gpt-[34](?:[.o-]|$)|gpt-\d[^/]*-(?:chat|audio|search))")
_ORIGINS = {"anthropic": "anthropic", "google": "gemini", "openai": "openai"}


def generation(model: str) -> tuple[int, int]:
    """Return which GPT it is, (0, 0) for all other models."""
    found = _GENERATION.search(model)
    return (0, 0) if found is None else (int(found.group(1)), int(found.group(2) or 0))


def thinks(model: str) -> bool:
    """Whether a model of OpenAI may think; those that are known not to refuse `reasoning_effort`.

    At Azure a name is what somebody called a deployment, and tells nothing.
    """
    return _UNTHINKING.search(model) is None


def is_o_series(model: str) -> bool:
    """Whether a model is one of those that always think, at three efforts."""
    return _O_SERIES.search(model) is not None


def takes_cache_marks(model: str) -> bool:
    """Whether `prompt_cache_breakpoint` is taken: "Supported for gpt-5.6 and later models"."""
    return generation(model) >= (5, 6)


def seal_origin(model: str) -> str | None:
    """Return whose seals a model behind OpenRouter reads, by its prefix; None when its name does not tell."""
    return _ORIGINS.get(model.partition("/")[0])
