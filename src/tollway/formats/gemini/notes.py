"""What a translation into or out of this dialect may say about itself: harmless differences, each with its meaning."""

from collections.abc import Mapping
from typing import Final

NOTES: Final[Mapping[str, str]] = {
    # Of requests that are written for Gemini.
    "cache-marks-ignored": "Gemini finds by itself what is worth caching: the marks were left out.",
    "citations-omitted": "The citations of an earlier answer, or of this one, have no place in the other dialect.",
    "document-context-as-text": "What was said about a document was written as a text before it.",
    "document-name-ignored": "Gemini takes no names of documents.",
    "effort-lowered": "Gemini's highest effort is `high`.",
    "effort-raised": "The lowest effort of this model is `low`.",
    "foreign-thinking-omitted": "Thinking without a seal of Gemini's own was left out: it cannot read it.",
    "image-detail-ignored": "Gemini takes no detail for a single picture.",
    "message-name-ignored": "Gemini has no names of speakers.",
    "metadata-ignored": "Gemini keeps no metadata with a request.",
    "prompt-cache-key-ignored": "Gemini finds by itself what it has cached.",
    "refusal-as-text": "An earlier refusal was written as the text that it is.",
    "schema-description-ignored": "Gemini takes no description beside a schema of the output.",
    "store-ignored": "Vertex AI keeps or forgets what the project's settings say.",
    "strict-for-all-tools": "Gemini checks the calls of all functions or of none: those of all are checked.",
    "thinking-budget-lowered": "The budget for thinking was lowered to the most that the model takes.",
    "thought-signature-waived": "A call that another model made carries Google's documented waiver instead of a seal.",
    "tool-result-media-beside": "Pictures and documents of a tool's result stand beside it, as this model takes them.",
    "tool-result-parts-reordered": "The texts of a tool's result come before its pictures and documents.",
    "tool-result-texts-joined": "The texts of a tool's result were joined by line ends.",
    "user-ignored": "Gemini takes no name of an end user.",
    "web-search-size-ignored": "Gemini's search has no size of context.",
    # Of answers that Gemini gave.
    "finish-reason-approximated": "Gemini threw away what it made, as a malformed call; others call that a filter.",
    "generated-media-omitted": "A generated picture or sound has no place in the other dialect.",
    "prompt-blocked": "Gemini's filters refused the prompt: the answer is empty, its reason a content filter.",
    "server-tool-omitted": "The trace of a tool that runs at Google has no place in the other dialect.",
}
