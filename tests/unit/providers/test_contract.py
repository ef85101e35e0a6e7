"""A kind has its own ways unless it says whose it has."""

from tollway.providers.contract import ProviderKind
from tollway.providers.registry import KINDS


def test_a_kind_has_its_own_ways_or_those_of_the_vendor_it_is() -> None:
    assert ProviderKind("a", "A", "https://a.example").ways == "a"
    assert ProviderKind("a", "A", "https://a.example", vendor="b").ways == "b"


def test_whose_ways_a_kind_has_is_a_kind_itself() -> None:
    assert all(kind.ways in KINDS and KINDS[kind.ways].ways == kind.ways for kind in KINDS.values())
