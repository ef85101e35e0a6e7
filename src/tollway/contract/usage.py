"""What a call consumed, in the provider's own units."""

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Counts of one call, all >= 0. Detail counts are included in their total, never added to it.

    `input_tokens` includes `cached_input_tokens`, `cache_write_tokens` and `input_audio_tokens`;
    `output_tokens` includes `reasoning_tokens` and `output_audio_tokens`. `is_estimated` is true when any
    count was not stated by the provider.
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


NOTHING = Usage()
