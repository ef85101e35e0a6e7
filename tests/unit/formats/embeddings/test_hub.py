"""Values of embeddings compare by content and cannot change."""

import pytest

from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest


def test_values_compare_by_content():
    request = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"),))
    assert request == EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"),))
    with pytest.raises(AttributeError):
        request.model = "n"
    assert EmbeddingReply(model="m", vectors=((1.0,),)) != EmbeddingReply(model="m", vectors=((2.0,),))
