"""What a caller of one dialect must be shown of an answer that a vendor gave in another."""

from kit.facts.answer import Answer, Option, squeeze

STOPS: dict[str, dict[str | None, set[str | None]]] = {
    "chat": {"stop_sequence": {"end"}, "refusal": {"refusal", "filter"}, "pause": {"end", "length"}},
    "responses": {"stop_sequence": {"end"}, "refusal": {"refusal", "filter"}, "pause": {"end", "length", "pause"}},
    "messages": {"filter": {"refusal"}},
    "gemini": {"stop_sequence": {"end"}, "refusal": {"filter"}, "pause": {"end", "length", "error"}},
}
"""How a stop may be shown where the dialect has no word for it; all others are shown as they are."""

HAS_CHOICES = {"chat", "gemini"}
HAS_REFUSAL_TEXT = {"chat", "responses"}


def faults(vendor: Answer, shown: Answer, inbound: str, *, is_translated: bool = True) -> list[str]:
    """Return what the caller was shown otherwise than the vendor said it; empty: nothing.

    Calls have ids of their own when they are translated; passed through, they have what the vendor gave them.
    """
    if vendor.error is not None:
        return [] if shown.error is not None else ["error: the vendor broke off, the caller was not told"]
    if shown.error is not None:
        return [f"error: shown {shown.error!r}, the vendor answered"]
    expected = vendor.options if inbound in HAS_CHOICES else vendor.options[:1]
    found = []
    if len(expected) != len(shown.options):
        found.append(f"choices: {len(expected)} became {len(shown.options)}")
    for one, other in zip(expected, shown.options, strict=False):
        found += _option(one, other, inbound)
        ids = [call.id for call in other.calls]
        if is_translated and ("" in ids or len(set(ids)) != len(ids)):
            found.append(f"calls: their ids are {ids}")
    return found + _use(vendor, shown, inbound)


def _option(vendor: Option, shown: Option, inbound: str) -> list[str]:
    if inbound in HAS_REFUSAL_TEXT:
        pairs = [("text", vendor.text, shown.text), ("refusal", vendor.refusal, shown.refusal)]
    else:
        pairs = [("text", vendor.text + vendor.refusal, shown.text)]
    pairs.append(("thinking", vendor.thinking, shown.thinking))
    found = [
        f"{name}: {one[:120]!r} became {other[:120]!r}" for name, one, other in pairs if squeeze(one) != squeeze(other)
    ]
    calls, made = ([(call.name, call.arguments) for call in option.calls] for option in (vendor, shown))
    if calls != made:
        found.append(f"calls: {str(calls)[:200]} became {str(made)[:200]}")
    allowed = STOPS[inbound].get(vendor.stop, {vendor.stop})
    if vendor.stop == "error":
        allowed = {"error", "filter", "refusal"} | ({"tool"} if vendor.calls else set())
    if shown.stop not in allowed:
        found.append(f"stop: {vendor.stop} became {shown.stop}")
    if inbound == "messages" and vendor.stop == "stop_sequence" and vendor.stop_sequence != shown.stop_sequence:
        found.append(f"stop_sequence: {vendor.stop_sequence!r} became {shown.stop_sequence!r}")
    if vendor.urls != shown.urls:
        found.append(f"citations: {sorted(vendor.urls)[:3]} became {sorted(shown.urls)[:3]}")
    return found


def _use(vendor: Answer, shown: Answer, inbound: str) -> list[str]:
    if vendor.use is None:
        return []
    if shown.use is None:
        return [f"usage: {vendor.use} is not shown"]
    names = ["input", "output", "cached", "reasoning"]
    names += ["cache_write"] if inbound != "gemini" else []
    names += ["cache_write_1h"] if inbound == "messages" else []
    return [
        f"usage: {name} {getattr(vendor.use, name)} became {getattr(shown.use, name)}"
        for name in names
        if getattr(vendor.use, name) != getattr(shown.use, name)
    ]
