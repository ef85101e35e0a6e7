"""A change touches the parts that are given, and None silences a part."""

from tollway.contract.rights import ALL_RIGHTS, NameRights, ParameterRights, Rights
from tollway.control.rights.model import NO_CHANGE, RightsChange

BEFORE = Rights(scopes=("embed",), models=NameRights(("a",)), parameters=ParameterRights(no_tools=True))


def test_parts_that_are_left_out_stay() -> None:
    assert NO_CHANGE.apply(BEFORE) is BEFORE
    after = RightsChange(models=NameRights(deny=("b",))).apply(BEFORE)
    assert after == Rights(scopes=("embed",), models=NameRights(deny=("b",)), parameters=BEFORE.parameters)


def test_none_silences_and_empty_forbids() -> None:
    assert RightsChange(scopes=None, models=None, parameters=None).apply(BEFORE) == ALL_RIGHTS
    assert RightsChange(scopes=()).apply(BEFORE).scopes == ()
