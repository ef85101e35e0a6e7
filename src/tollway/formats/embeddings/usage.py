"""What embeddings consumed, as OpenAI and Google state it.

https://platform.openai.com/docs/api-reference/embeddings/object and https://ai.google.dev/api/embeddings — there is
input only. Google's two endpoints spell the details differently.
"""

from typing import Any

from tollway.contract.usage import Usage
from tollway.formats.chat.usage import usage_of
from tollway.formats.gemini import fields as gemini
from tollway.formats.lenient import Fields


def openai_usage(answer: Fields) -> Usage | None:
    """Return the usage that an answer states; None when it states none."""
    return usage_of(answer)


def gemini_usage(answer: gemini.Fields) -> Usage | None:
    """Return the usage that an answer states; None when it states none, as before Gemini Embedding 2."""
    stated = answer.child("usageMetadata")
    if stated is None or "promptTokenCount" not in stated:
        return None
    inputs = stated.count("promptTokenCount")
    counts: dict[str, int] = {}
    for item in stated.children("promptTokensDetails") or stated.children("promptTokenDetails"):
        counts[item.text("modality")] = counts.get(item.text("modality"), 0) + item.count("tokenCount")
    return Usage(
        input_tokens=inputs,
        input_audio_tokens=min(counts.get("AUDIO", 0), inputs),
        input_image_tokens=min(counts.get("IMAGE", 0), inputs),
        input_video_tokens=min(counts.get("VIDEO", 0), inputs),
    )


def write_openai_usage(usage: Usage) -> dict[str, Any]:
    """Return `usage`."""
    return {"prompt_tokens": usage.input_tokens, "total_tokens": usage.input_tokens + usage.output_tokens}


def write_gemini_usage(usage: Usage) -> dict[str, Any]:
    """Return `usageMetadata`."""
    return {
        "promptTokenCount": usage.input_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
        "promptTokensDetails": [
            {"modality": name, "tokenCount": count}
            for name, count in (
                (
                    "TEXT",
                    usage.input_tokens - usage.input_audio_tokens - usage.input_image_tokens - usage.input_video_tokens,
                ),
                ("AUDIO", usage.input_audio_tokens),
                ("IMAGE", usage.input_image_tokens),
                ("VIDEO", usage.input_video_tokens),
            )
            if count > 0
        ],
    }
