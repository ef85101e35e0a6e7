"""Lists of names: to the letter for allow, loosely for deny, linear in cost."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import NameRights
from tollway.policy.name_rules import NO_GROUPS, compile_groups, compile_names, compile_rules, fold

TEXTS = st.text("ab/-*", max_size=6)
NAMES = st.text("ab/-", max_size=8)


@given(st.lists(TEXTS, max_size=4), NAMES)
def test_globs_mean_what_a_regular_expression_would_say(texts: list[str], name: str) -> None:
    """`*` is any run of characters, slashes too, and everything else is itself."""
    patterns = [".*".join(map(re.escape, text.split("*"))) for text in texts]
    expected = any(re.fullmatch(pattern, name, re.DOTALL) for pattern in patterns)
    assert (compile_names(texts).find(name, {}) is not None) == expected


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [("gpt-4o-mini-2024", True), ("gpt-4o-large-2024", False), ("gpt-2024", False), ("gpt-mini-4o-2024", False)],
)
def test_every_part_between_stars_must_be_there_in_order(name: str, *, is_meant: bool) -> None:
    assert (compile_names(["gpt-*4o*mini*-2024"]).find(name, {}) is not None) == is_meant


def test_a_glob_cannot_be_written_that_is_slow() -> None:
    """The classic trap of backtracking matchers, at sizes where they would not end."""
    names = compile_names(["a*" * 500 + "b"])
    started = time.process_time()
    assert names.find("a" * 4_000, {}) is None
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("name", ["GPT-4o", " gpt-4o", "gpt-4O "])
def test_a_deny_is_not_escaped_by_case_or_blanks_and_an_allow_not_entered(name: str) -> None:
    deny, allow = compile_rules(NameRights(deny=("gpt-4o",))), compile_rules(NameRights(allow=("gpt-4o",)))
    assert deny is not None
    assert allow is not None
    assert deny.find_denied((name,), NO_GROUPS) == "gpt-4o"
    assert not allow.allows((name,), NO_GROUPS)


def test_the_entry_is_told_as_it_falls() -> None:
    groups = compile_groups({"cheap": ("gpt-4o-mini", "claude-haiku-*")})
    rules = compile_rules(NameRights(allow=("group:cheap",), deny=("claude-*-2024*",)))
    assert rules is not None
    assert rules.allows(("claude-haiku-4",), groups)
    assert not rules.allows(("claude-opus-4",), groups)
    assert rules.find_denied(("Claude-Haiku-20240307", "claude-haiku-2024-1"), groups) == "claude-*-2024*"


def test_a_group_that_is_not_there_permits_nothing_and_denies_everything() -> None:
    """What the group was to let in or keep out is not known, so neither may be guessed."""
    allow, deny = compile_rules(NameRights(allow=("group:gone",))), compile_rules(NameRights(deny=("group:gone",)))
    assert allow is not None
    assert deny is not None
    assert not allow.allows(("gpt-4o",), NO_GROUPS)
    assert deny.find_denied(("gpt-4o",), NO_GROUPS) == "group:gone"


def test_an_empty_allow_permits_nothing_and_silence_is_no_rule() -> None:
    nothing = compile_rules(NameRights(allow=()))
    assert nothing is not None
    assert not nothing.allows(("gpt-4o",), NO_GROUPS)
    assert compile_rules(NameRights()) is None


def test_groups_keep_names_out_in_any_case() -> None:
    groups = compile_groups({"dear": ("Claude-Opus-*",)})
    rules = compile_rules(NameRights(deny=("group:dear",)))
    assert rules is not None
    assert rules.find_denied((fold("claude-opus-4"),), groups) == "group:dear"
    assert rules.find_denied(("gpt-4o",), groups) is None
