"""What a call consumed, in the provider's own units."""

from typing import Final

import msgspec

USUAL_TIERS: Final = frozenset({"", "default", "standard", "on_demand"})
"""What vendors call the service tier that their price lists are about; any other `Usage.tier` has its own price.

OpenAI says `default`, Anthropic and Gemini `standard`, Groq `on_demand`; "" is not stated.
"""


BYTES_PER_TOKEN: Final = 4
"""Of text, where nobody says how many tokens it was: what vendors' own rules of thumb say of English."""


class Usage(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Counts of one call, all >= 0. Detail counts are included in their total, never added to it.

    `input_tokens` includes `cached_input_tokens`, `cache_write_tokens`, `input_audio_tokens`, `input_image_tokens` and
    `input_video_tokens`; `output_tokens` includes `reasoning_tokens` and those of audio, image and video.
    `cache_write_1h_tokens` is the part of `cache_write_tokens` that is kept an hour instead of five minutes;
    `cached_audio_tokens` is in both `cached_input_tokens` and `input_audio_tokens`, `cached_image_tokens` likewise.
    `file_searches` and `code_executions` are, as `web_searches`, calls of the vendor's own tools that it bills.
    `tier` is the service tier that was used, in the vendor's word (`flex`, `priority`, `batch`, `fast`).
    `is_estimated` is true when any count was not stated by the provider. New fields go to the end, where older
    journals have nothing.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    web_searches: int = 0
    is_estimated: bool = False
    cache_write_1h_tokens: int = 0
    cached_audio_tokens: int = 0
    input_image_tokens: int = 0
    cached_image_tokens: int = 0
    output_image_tokens: int = 0
    input_video_tokens: int = 0
    output_video_tokens: int = 0
    file_searches: int = 0
    code_executions: int = 0
    tier: str = ""


NOTHING = Usage()
