"""Parts of content by their types; what only OpenAI has is refused by its place."""

import json
from typing import Any

import pytest

from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.responses.part_reader import read_content
from tollway.kernel.errors import TollwayError


def parts(*content: dict[str, Any]) -> object:
    return meaning(read_content(Asked.parse(json.dumps({"content": content}).encode()), "content"))


def test_text_with_and_without_marks() -> None:
    assert parts(
        {"type": "input_text", "text": "a"},
        {"type": "text", "text": "b", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_text", "text": "c", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
    ) == (
        hub.Text(text="a"),
        hub.Text(text="b", cache=hub.CacheMark()),
        hub.Text(text="c", cache=hub.CacheMark(ttl="1h")),
    )


def test_what_a_model_said() -> None:
    cited = {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}
    assert parts(
        {"type": "output_text", "text": "a", "annotations": [cited], "logprobs": [{"token": "a"}]},
        {"type": "refusal", "refusal": "no"},
    ) == (
        hub.Text(text="a", citations=(hub.Citation(url="u", title="t", start=1, end=2),)),
        hub.Refusal(text="no"),
    )


def test_media_carry_marks_too() -> None:
    mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    assert parts(
        {"type": "input_image", "image_url": "http://x/a.png", "detail": "low"} | mark,
        {"type": "input_file", "file_url": "http://x/a.pdf"} | mark,
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ) == (
        hub.Image(source=hub.Link(url="http://x/a.png"), detail="low", cache=hub.CacheMark()),
        hub.Document(source=hub.Link(url="http://x/a.pdf"), cache=hub.CacheMark()),
        hub.Audio(source=hub.Base64(media_type="audio/wav", data="AAAA")),
    )


@pytest.mark.parametrize(
    ("part", "param", "code"),
    [
        ({"text": "a"}, "content[0].type", "request.field_invalid"),
        ({"type": "input_text"}, "content[0].text", "request.field_invalid"),
        ({"type": "computer_screenshot"}, "content[0].type", "request.untranslatable"),
        ({"type": "input_text", "text": "a", "more": 1}, "content[0].more", "request.untranslatable"),
        (
            {"type": "output_text", "text": "a", "annotations": [{"type": "file_path"}]},
            "content[0].annotations[0].type",
            "request.untranslatable",
        ),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "x"}},
            "content[0].prompt_cache_breakpoint.mode",
            "request.field_invalid",
        ),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "9h"}},
            "content[0].prompt_cache_breakpoint.ttl",
            "request.field_invalid",
        ),
    ],
)
def test_refusals_name_the_place(part: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(TollwayError) as caught:
        parts(part)
    assert (caught.value.param, caught.value.code.name) == (param, code)
