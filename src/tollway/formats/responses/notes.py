"""What a translation into this dialect changes without harm: the slugs of the header, each explained."""

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "budget-as-effort": "A budget of thinking tokens was written as the nearest `reasoning.effort`: "
    "up to 1,024 is `low`, up to 8,192 `medium`, more is `high`.",
    "cache-marks-ignored": "Marks of what is worth caching were left out where the model or the place has none: "
    "OpenAI caches by itself.",
    "citations-omitted": "Citations of an earlier answer without address or place were left out; the text is whole.",
    "document-context-as-text": "A document's context was written as text in front of it.",
    "foreign-thinking-omitted": "Thinking that only another vendor can read was left out.",
    "document-as-text": "A document given as text was sent as a text part.",
    "document-citations-ignored": "Documents cannot be asked to be cited.",
    "message-name-ignored": "Names of messages' authors were left out: items have none.",
    "seed-ignored": "The provider takes no seed, which asks for no more than the vendor's best effort.",
    "strict-ignored": "OpenAI's strict mode does not take the schema; the model may deviate from it.",
    "tool-error-flag-omitted": "That a tool's result is an error is only said by its text.",
}
"""Slug to one sentence; `docs/translation.md` is generated from it."""

ANSWER_NOTES: Mapping[str, str] = {
    "response-not-kept": "The answer could not be kept for later: it is too large, or the store does not take it.",
    "items-omitted": "Items of the answer that only OpenAI's own tools make were left out.",
    "file-citations-as-titles": "Citations of files kept at OpenAI name the file only.",
}
"""What may be said of an answer."""


def note(notes: list[str], slug: str) -> None:
    """Add a slug once."""
    if slug not in notes:
        notes.append(slug)
