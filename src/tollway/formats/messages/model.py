"""What a Claude model takes, by its name.

Anthropic's API refuses fields by model, so a writer must know them to refuse before the call or to say the same in
another field. Sources: https://platform.claude.com/docs/en/build-with-claude/thinking, …/effort,
…/structured-outputs, …/mid-conversation-system-messages and the migration guides of each model. A model of another
maker behind this API gets what is asked for, and may refuse it itself.
"""

import re
from functools import lru_cache

import msgspec

from tollway.formats.hub import Effort

NEWEST = 9_900

_FAMILY = re.compile(r"haiku|sonnet|opus|fable|mythos")
_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,2})(?:[-.]([0-9]{1,2})(?![0-9]))?(?![0-9])")


class Model(msgspec.Struct, frozen=True, gc=False):
    """One model. `version` is a hundred times the generation (4.6 is 406); 0 for a model that is no Claude."""

    family: str
    version: int

    @property
    def is_claude(self) -> bool:
        """Whether anything is known about it."""
        return self.version > 0

    @property
    def has_schemas(self) -> bool:
        """Whether `output_config.format` and strict tools are taken: from Claude 4.5 on."""
        return not self.is_claude or self.version >= 405

    @property
    def is_adaptive(self) -> bool:
        """Whether `thinking: adaptive` and `output_config.effort` are taken: from 4.6 on."""
        return self.version >= 406

    @property
    def takes_budgets(self) -> bool:
        """Whether `thinking: enabled` with a budget is taken: from 3.7 to 4.6."""
        return not self.is_claude or 307 <= self.version <= 406

    @property
    def always_thinks(self) -> bool:
        """Whether thinking cannot be switched off."""
        return self.family in ("fable", "mythos") or (self.family == "opus" and self.version >= 505)

    @property
    def thinking_off(self) -> str:
        """Return the type of `thinking` that asks for the least."""
        return "between_tools" if self.family == "sonnet" and self.version >= 505 else "disabled"

    @property
    def thinks_by_itself(self) -> bool:
        """Whether it thinks when nothing is said about it."""
        return self.version >= 500

    @property
    def takes_sampling(self) -> bool:
        """Whether temperature, top_p and top_k are taken: until 4.6."""
        return self.version < 407

    @property
    def takes_one_sampling(self) -> bool:
        """Whether temperature and top_p exclude each other: from 4.1 on."""
        return 401 <= self.version < 407

    @property
    def can_force_tools(self) -> bool:
        """Whether a call can be forced."""
        if self.family in ("fable", "mythos"):
            return self.version < 501
        return self.family == "haiku" or self.version < 505

    @property
    def can_force_while_thinking(self) -> bool:
        """Whether a call can be forced although thinking was asked for: from 4.8 on."""
        return not self.is_claude or self.version >= 408

    @property
    def continues(self) -> bool:
        """Whether it goes on with an answer that was begun: until 4.5."""
        return self.version < 406

    @property
    def takes_system_turns(self) -> bool:
        """Whether instructions may come in mid-conversation: from Opus 4.8 on."""
        return not self.is_claude or self.version >= 408

    def find_effort(self, wanted: Effort) -> Effort:
        """Return the effort that is nearest to the wanted one, which is not `none`."""
        if wanted == "minimal":
            return "low"
        return "high" if wanted == "xhigh" and self.version < 407 else wanted


@lru_cache(maxsize=256)
def find_model(name: str) -> Model:
    """Return what is known about the model of that name; a Claude without a number counts as the newest."""
    name = name.lower()
    at = name.find("claude")
    if at < 0:
        return Model("", 0)
    rest = name[at:]
    family = _FAMILY.search(rest)
    number = _NUMBER.search(rest)
    version = NEWEST if number is None else int(number.group(1)) * 100 + int(number.group(2) or 0)
    if number is None and "mythos-preview" in rest:
        version = 407  # Like Opus 4.7, but that it always thinks.
    return Model("" if family is None else family.group(), version)
