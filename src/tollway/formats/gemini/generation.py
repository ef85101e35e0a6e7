"""Which generation of Gemini a model is, for the few fields that only some of them take."""

import re

NEWEST = 99.0

_NUMBER = re.compile(r"gemini-([0-9]{1,2}(?:\.[0-9]{1,2})?)(?![0-9])")


def generation(model: str) -> float:
    """Return the generation, as 2.5; NEWEST for a name without one (`gemini-flash-latest`, a tuned model)."""
    found = _NUMBER.search(model)
    return NEWEST if found is None else float(found.group(1))
