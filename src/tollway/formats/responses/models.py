"""What a model's name says about what it takes.

https://platform.openai.com/docs/guides/prompt-caching and https://platform.openai.com/docs/guides/reasoning — names may
be prefixed by a vendor (`openai/gpt-5.6`).
"""

import re

_GENERATION = re.compile(r"(?:^|/)gpt-(\d+)(?:\.(\d+))?")
_REASONING = re.compile(r"(?:^|/)(?:o[1-9](?:-|$)|codex|computer-use|gpt-(?:[5-9]|\d{2}))")
_CHATTING = re.compile(r"gpt-5[^/]*-chat|gpt-\d+-chat")
_CACHE_MARKS_SINCE = (5, 6)


def takes_cache_marks(model: str) -> bool:
    """Whether `prompt_cache_breakpoint` is taken: from GPT-5.6 on."""
    found = _GENERATION.search(model)
    return found is not None and (int(found.group(1)), int(found.group(2) or 0)) >= _CACHE_MARKS_SINCE


def seals_thinking(model: str) -> bool:
    """Whether the model thinks, so that it can be asked for `reasoning.encrypted_content`; others refuse that."""
    return _REASONING.search(model) is not None and _CHATTING.search(model) is None
