"""Comparing hub values by what they mean: without the places where the caller wrote them."""

import msgspec
from msgspec import structs

from tollway.formats import hub


def meaning(value: object) -> object:
    """Return the value with every `at` and every `names` emptied, in all depths."""
    if isinstance(value, tuple | list):
        return tuple(meaning(item) for item in value)
    if not isinstance(value, msgspec.Struct):
        return value
    changes = {name: meaning(getattr(value, name)) for name in value.__struct_fields__}
    if "at" in changes:
        changes["at"] = ""
    if isinstance(value, hub.Request):
        changes["names"] = {}  # Those of a ToolChoice are meant.
    return structs.replace(value, **changes)


def fold(events: list[hub.Event]) -> hub.Reply | None:
    """Return the whole answer that a stream's events amount to; None for a stream that never began.

    Asserts the order that hub.py promises to writers, so that every reader's test checks it.
    """
    begun: hub.Begin | None = None
    parts: dict[int, list[hub.Part]] = {}
    open_parts: dict[int, hub.Part] = {}
    ends: dict[int, hub.ChoiceEnd] = {}
    logprobs: dict[int, tuple[hub.TokenLogprob, ...]] = {}
    usage = None
    is_done = False
    for event in events:
        assert not is_done, "nothing follows Done"
        match event:
            case hub.Begin():
                assert begun is None
                begun = event
            case hub.PartBegin():
                assert begun is not None and event.choice not in open_parts and event.choice not in ends
                assert event.part == len(parts.setdefault(event.choice, []))
                open_parts[event.choice] = event.opened
            case hub.TextDelta():
                opened = open_parts[event.choice]
                assert event.part == len(parts[event.choice])
                if isinstance(opened, hub.ToolCall):
                    opened = structs.replace(opened, arguments=opened.arguments + event.text)
                else:
                    assert isinstance(opened, hub.Text | hub.Thinking | hub.Refusal)
                    opened = structs.replace(opened, text=opened.text + event.text)
                open_parts[event.choice] = opened
            case hub.SignatureStated():
                opened = open_parts[event.choice]
                assert isinstance(opened, hub.Thinking | hub.ToolCall)
                open_parts[event.choice] = structs.replace(opened, signature=event.signature)
            case hub.Cited():
                opened = open_parts[event.choice]
                assert isinstance(opened, hub.Text)
                open_parts[event.choice] = structs.replace(opened, citations=(*opened.citations, event.citation))
            case hub.LogprobsStated():
                logprobs[event.choice] = (*logprobs.get(event.choice, ()), *event.logprobs)
            case hub.PartEnd():
                assert event.part == len(parts[event.choice])
                parts[event.choice].append(open_parts.pop(event.choice))
            case hub.ChoiceEnd():
                assert event.choice not in open_parts and event.choice not in ends
                ends[event.choice] = event
            case hub.UsageStated():
                usage = event.usage
            case hub.Failed():
                return None
            case hub.Done():
                assert not open_parts
                is_done = True
    if begun is None:
        return None
    choices = tuple(
        hub.Choice(
            parts=tuple(parts.get(at, ())),
            stop=ends[at].stop if at in ends else None,
            stop_sequence=ends[at].stop_sequence if at in ends else None,
            logprobs=logprobs.get(at, ()),
        )
        for at in sorted({*parts, *ends})
    )
    return hub.Reply(
        id=begun.id, model=begun.model, choices=choices, usage=usage, created_seconds=begun.created_seconds
    )
