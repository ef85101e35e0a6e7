"""Rights in words: a line a part, none for silence."""

from typing import Any

from tollway.cli.rights_shown import show_parts
from tollway.contract.rights import HourRights, NameRights, ParameterRights, Rights, Window
from tollway.web.gateway_rights import show_rights


def shown(rights: Rights) -> list[str]:
    """Write rights as a command does, from what the API answers."""
    answer: dict[str, Any] = show_rights(rights).model_dump()
    return show_parts(answer)


def test_silence_has_no_line_and_nothing_is_none() -> None:
    assert shown(Rights()) == []
    assert shown(Rights(scopes=(), models=NameRights(allow=()))) == ["scopes: none", "models allowed: none"]
    assert shown(Rights(hours=HourRights("UTC", ()))) == ["hours: never (UTC)"]


def test_every_part_has_its_words() -> None:
    rights = Rights(
        models=NameRights(("a",), ("b*", "c")),
        hours=HourRights("Asia/Tokyo", (Window(0, 0, 60), Window(1, 0, 60), Window(6, 1_320, 1_440))),
        parameters=ParameterRights(output_tokens_max=5, no_images=True),
    )
    assert shown(rights) == [
        "models allowed: a",
        "models denied: b*, c",
        "hours: mon,tue 00:00-01:00; sun 22:00-24:00 (Asia/Tokyo)",
        "requests: at most 5 output tokens, no images",
    ]
