"""What embeddings consumed, in both dialects."""

import json

import pytest
from google.genai.types import EmbedContentResponse
from openai.types.create_embedding_response import Usage as OpenAIUsage

from tollway.contract.usage import Usage
from tollway.formats.embeddings.usage import gemini_usage, openai_usage, write_gemini_usage, write_openai_usage
from tollway.formats.gemini.fields import Fields as GeminiFields
from tollway.formats.lenient import Fields


def gemini(answer):
    fields = GeminiFields.parse(json.dumps(answer).encode())
    assert fields is not None
    return gemini_usage(fields)


def test_openai_states_the_prompt():
    fields = Fields.parse(b'{"usage":{"prompt_tokens":4,"total_tokens":4}}')
    assert fields is not None and openai_usage(fields) == Usage(4)
    assert OpenAIUsage.model_validate(write_openai_usage(Usage(4)), strict=True).total_tokens == 4


@pytest.mark.parametrize("spelling", ["promptTokensDetails", "promptTokenDetails"])
def test_google_states_what_kinds_it_read(spelling):
    details = [{"modality": "TEXT", "tokenCount": 5}, {"modality": "IMAGE", "tokenCount": 6}]
    assert gemini({"usageMetadata": {"promptTokenCount": 11, spelling: details}}) == Usage(11, input_image_tokens=6)


def test_older_models_of_google_state_nothing():
    assert gemini({"embeddings": []}) is None and gemini({"usageMetadata": {}}) is None


def test_written_usage_is_read_back_the_same():
    usage = Usage(11, input_image_tokens=6, input_audio_tokens=1, input_video_tokens=2)
    written = write_gemini_usage(usage)
    assert gemini({"usageMetadata": written}) == usage
    assert EmbedContentResponse.model_validate({"usageMetadata": written}).usage_metadata.prompt_token_count == 11
