"""The table of vendors is about fields that exist, and every kind of provider is found."""

import re

from kit.chat import VENDORS
from tollway.formats.chat.vendors import ANY, WAYS, ways_of
from tollway.formats.hub import Request
from tollway.providers.registry import KINDS


def test_the_table_names_fields_of_the_hub():
    fields = set(Request.__struct_fields__)
    for ways in WAYS.values():
        assert ways.lacks <= fields and set(ways.renames) <= fields
        assert not ways.lacks & set(ways.renames)
        assert "auto" in ways.tool_choices
        re.compile(ways.call_id_pattern)


def test_every_kind_of_this_dialect_has_its_ways():
    assert set(WAYS) <= set(VENDORS) == set(VENDORS) & set(KINDS)
    assert ways_of("openai-compatible") is ANY is ways_of("somebody-new")
    assert ways_of("mistral").required_word == "any"
