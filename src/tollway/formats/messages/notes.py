"""The harmless differences that this dialect's writer and readers name, each explained in one sentence.

Where two dialects know the same difference they give it the same name.
"""

from collections.abc import Mapping
from types import MappingProxyType

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "adaptive-thinking-as-budget": "Before Claude 4.6 a model cannot choose how much it thinks; it got a budget.",
        "answer-part-skipped": "The answer held a block of a kind that no other dialect has; it was left out.",
        "budget-as-effort": "The model takes no budget for thinking; it got the nearest effort.",
        "cache-marks-limited": "Anthropic takes four cache marks; the last four were kept.",
        "citations-omitted": "Citations of earlier answers were left out: Anthropic takes back only its own.",
        "effort-ignored": "The output bound leaves no room for thinking, so the model was not asked to think.",
        "effort-lowered": "The model does not know so high an effort; it got the highest below it.",
        "effort-raised": "Claude knows no effort below `low`; it got `low`.",
        "finish-reason-unknown": "The vendor gave a reason for stopping that is not known here; it counts as the end.",
        "foreign-thinking-omitted": "Thinking that another vendor sealed, or nobody, was left out of the conversation.",
        "image-detail-ignored": "Claude reads every picture in the same detail.",
        "json-output-by-tool": "The model has no such output of its own; its answer was asked for as a call of a tool.",
        "message-name-ignored": "Claude does not tell the participants of a role apart by name.",
        "metadata-ignored": "Anthropic keeps no metadata but the user's id.",
        "prompt-cache-key-ignored": "Anthropic finds cached prompts by their content.",
        "refusal-as-text": "An earlier refusal was sent as the text it was.",
        "schema-closed": "Anthropic's schemas allow no properties that they do not name.",
        "schema-constraints-as-description": "Constraints that Anthropic cannot enforce were put into descriptions.",
        "schema-description-ignored": "Anthropic takes no description of the output as a whole.",
        "seed-ignored": "Anthropic takes no seed; answers vary as they would without one.",
        "server-tool-omitted": "The vendor ran tools of its own; their steps were left out of the answer.",
        "store-ignored": "Anthropic keeps no answers for later.",
        "strict-ignored": "The model keeps to no schema of a tool, or not to one of this kind; it may deviate from it.",
        "thinking-always-shown": "The model cannot hide its thinking; it is in the answer.",
        "thinking-budget-lowered": "The budget for thinking was lowered below the bound of the output.",
        "thinking-budget-raised": "The budget for thinking was raised to Anthropic's least, 1,024 tokens.",
        "thinking-off-in-tool-loop": (
            "The call before the tool's result came without a thought of Claude's own, so the model, which "
            "insists on one, was not asked to think."
        ),
        "tool-call-ids-rewritten": "Ids that Anthropic does not take were rewritten, in calls and results alike.",
        "tool-result-media-beside": "A failed tool's pictures and documents were put after its result.",
        "tool-results-first": "Tool results were put before the texts of their message, as Anthropic wants them.",
        "tools-narrowed": "Only the tools that the choice allows were offered.",
        "user-hashed": "The user's id looked like a name or an address, which Anthropic refuses; it got a hash of it.",
        "web-search-size-ignored": "Anthropic's search takes no size of context.",
    }
)
"""Slug to explanation; `docs/translation.md` is generated from it."""


def note(notes: list[str], name: str) -> None:
    """Add a note once. Raises KeyError for one without explanation, which is a programming mistake."""
    NOTES[name]
    if name not in notes:
        notes.append(name)
