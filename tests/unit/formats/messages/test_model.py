"""What a model takes follows from its name, in any vendor's spelling of it."""

import pytest

from tollway.formats.messages.model import NEWEST, Model, find_model


@pytest.mark.parametrize(
    ("name", "family", "version"),
    [
        ("claude-sonnet-4-5-20250929", "sonnet", 405),
        ("claude-sonnet-4-20250514", "sonnet", 400),
        ("claude-opus-4-1@20250805", "opus", 401),
        ("claude-3-7-sonnet-latest", "sonnet", 307),
        ("claude-3-haiku-20240307", "haiku", 300),
        ("us.anthropic.claude-opus-4-6-v1", "opus", 406),
        ("anthropic/claude-4.7-opus", "opus", 407),
        ("claude-fable-5-1", "fable", 501),
        ("claude-haiku-5-5", "haiku", 505),
        ("claude-opus-5", "opus", 500),
        ("claude-mythos-preview", "mythos", 407),
        ("claude-2.1", "", 201),
        ("Claude-Latest", "", NEWEST),
        ("glm-4.6", "", 0),
    ],
)
def test_family_and_generation_are_found(name, family, version):
    assert find_model(name) == Model(family, version)


@pytest.mark.parametrize(
    ("taken", "by", "not_by"),
    [
        ("has_schemas", ["claude-sonnet-4-5", "claude-haiku-4-5", "glm"], ["claude-sonnet-4-0", "claude-opus-4-1"]),
        ("is_adaptive", ["claude-opus-4-6", "claude-opus-5"], ["claude-opus-4-5", "claude-haiku-4-5", "glm"]),
        ("takes_budgets", ["claude-3-7-sonnet", "claude-opus-4-6", "glm"], ["claude-3-5-haiku", "claude-opus-4-7"]),
        ("always_thinks", ["claude-fable-5", "claude-mythos-preview", "claude-opus-5-5"], ["claude-opus-5"]),
        ("thinks_by_itself", ["claude-sonnet-5", "claude-opus-5"], ["claude-opus-4-8", "claude-sonnet-4-6"]),
        ("takes_sampling", ["claude-sonnet-4-6", "glm"], ["claude-opus-4-7", "claude-sonnet-5"]),
        ("takes_one_sampling", ["claude-opus-4-1", "claude-sonnet-4-6"], ["claude-sonnet-4-0", "glm"]),
        ("can_force_tools", ["claude-opus-5", "claude-fable-5", "claude-haiku-5-5"], ["claude-opus-5-5"]),
        ("can_force_tools", ["claude-sonnet-4-5", "claude-sonnet-5"], ["claude-fable-5-1", "claude-sonnet-5-5"]),
        ("can_force_while_thinking", ["claude-opus-4-8", "claude-opus-5", "glm"], ["claude-sonnet-4-5"]),
        ("continues", ["claude-sonnet-4-5", "glm"], ["claude-sonnet-4-6", "claude-opus-5"]),
        ("takes_system_turns", ["claude-opus-4-8", "claude-sonnet-5", "glm"], ["claude-opus-4-7", "claude-haiku-4-5"]),
    ],
)
def test_each_field_is_taken_by_the_models_that_the_documents_name(taken, by, not_by):
    assert all(getattr(find_model(name), taken) for name in by)
    assert not any(getattr(find_model(name), taken) for name in not_by)


def test_sonnet_5_5_is_asked_for_the_least_in_its_own_words():
    assert find_model("claude-sonnet-5-5").thinking_off == "between_tools"
    assert find_model("claude-haiku-5-5").thinking_off == "disabled"


@pytest.mark.parametrize(
    ("model", "wanted", "known"),
    [
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-6", "max", "max"),
        ("claude-opus-4-7", "xhigh", "xhigh"),
        ("claude-opus-5", "minimal", "low"),
        ("claude-opus-5", "medium", "medium"),
    ],
)
def test_the_nearest_effort_is_found(model, wanted, known):
    assert find_model(model).find_effort(wanted) == known
