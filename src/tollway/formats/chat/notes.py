"""The notes of this dialect: harmless differences between what was asked or answered and what could be said.

Each has one sentence, from which the page on translation is made; where two dialects know the same difference they
give it the same name.
"""

from collections.abc import Mapping
from types import MappingProxyType

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "answer-part-skipped": "The answer holds a kind of content that no other dialect has; it was left out.",
        "assistant-turn-inserted": (
            "Mistral takes no user message right after a tool's result; an assistant message `OK` was put between."
        ),
        "budget-as-effort": (
            "A budget of thinking tokens was written as the nearest effort: up to 1,024 is `low`, up to 8,192 "
            "`medium`, more is `high`."
        ),
        "cache-lifetime-shortened": "The provider keeps a cached prompt for half an hour; an hour was asked for.",
        "cache-marks-ignored": "The provider caches prompts by itself or not at all; cache marks were left out.",
        "citations-omitted": "Citations of earlier answers were not sent back; their texts were.",
        "document-as-text": "A document given as text was sent as a text part.",
        "document-citations-ignored": "Documents cannot be asked to be cited.",
        "document-context-as-text": "What a document is about was sent as a text part before it.",
        "document-name-ignored": "The provider takes no name of a document; it was left out.",
        "effort-ignored": "The provider can only switch thinking on or off; how much to think was left out.",
        "effort-lowered": "The provider knows no such high effort; its highest was asked for.",
        "effort-raised": "The provider knows no such low effort; its lowest above it was asked for.",
        "finish-reason-unknown": "The provider ended the answer for a reason that no other dialect has.",
        "foreign-thinking-omitted": "Thinking of an earlier answer was not sent back: the provider cannot read it.",
        "image-detail-ignored": "The provider takes no `detail` of an image; it was left out.",
        "message-name-ignored": "The provider takes no name of a message's author; it was left out.",
        "metadata-ignored": "The provider takes no metadata; it was left out.",
        "prompt-cache-key-ignored": "The provider takes no key for its prompt cache; it was left out.",
        "refusal-as-text": "A refusal in an earlier answer was sent as text.",
        "schema-description-ignored": "The provider takes no description of a schema; it was left out.",
        "seed-ignored": "The provider takes no seed, which asks for no more than the vendor's best effort.",
        "service-tier-ignored": "The provider has no service tiers; its usual one was asked for.",
        "store-ignored": "The provider takes no wish about storing; its own rules hold.",
        "strict-ignored": "The provider takes no `strict`, or not for this schema; the model may deviate from it.",
        "texts-joined": "The provider takes one text a message; several were joined, with an empty line between them.",
        "thinking-always-shown": "The provider shows its thinking in any case.",
        "thinking-not-shown": "The provider does not show its thinking.",
        "tool-error-flag-omitted": "That a tool's result is an error is only said by its text.",
        "tool-result-media-moved": "Pictures and files of a tool's result were sent in a user message after it.",
        "tools-narrowed": "Only the tools that may be called were sent: the provider cannot limit them otherwise.",
        "tools-omitted": "No tools were sent, since none may be called and the provider cannot be told so.",
        "user-ignored": "The provider takes no name of the end user; it was left out.",
        "web-search-size-ignored": "The provider takes no size of the search's context; it was left out.",
    }
)
"""Slug to one sentence."""


def note(notes: list[str], slug: str) -> None:
    """Add a slug once."""
    if slug not in notes:
        notes.append(slug)
