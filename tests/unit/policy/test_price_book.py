"""Names find the first entry that matches, whatever its kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.policy import DatedPrice, NamedPrice, NameRule, Price, PriceBook, UnitPrice
from tollway.policy import price_book
from tollway.policy.price_book import PricesByName, build_test, with_dashed_date
from tollway.policy.tariff import UNPRICED, TariffsByName

TEXTS = st.text("ab-", min_size=1, max_size=4)
SIMPLE = st.builds(NameRule, st.sampled_from(["equals", "starts_with", "ends_with", "contains", "pattern"]), TEXTS)
RULES = st.recursive(
    SIMPLE,
    lambda rules: st.builds(
        NameRule, st.sampled_from(["any", "all"]), st.just(""), st.lists(rules, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


def book(*rules, **options):
    entries = tuple(
        NamedPrice(rule, (DatedPrice(None, Price(str(at), UnitPrice(1))),)) for at, rule in enumerate(rules)
    )
    return PriceBook("test", {"": entries}, **options)


@given(st.lists(RULES, max_size=6), TEXTS)
def test_the_first_entry_that_matches_counts(rules, name):
    listed = book(*rules)
    expected = next((entry for entry in listed.lists[""] if build_test(entry.rule)(name)), None)
    assert PricesByName(listed).find(name) is expected


def test_an_entry_by_its_whole_name_counts_before_later_ones_that_match_as_well():
    index = PricesByName(book(NameRule("equals", "ab"), NameRule("starts_with", "a"), NameRule("contains", "b")))
    assert [index.find(name).rule.test for name in ("ab", "abc", "cb")] == ["equals", "starts_with", "contains"]
    assert index.find("c") is None


def test_each_kind_of_rule_says_what_it_says():
    def holds(test, text, name):
        return build_test(NameRule(test, text))(name)

    assert holds("equals", "ab", "ab") and not holds("equals", "ab", "abc")
    assert holds("starts_with", "ab", "abc") and not holds("starts_with", "ab", "cab")
    assert holds("ends_with", "ab", "cab") and not holds("ends_with", "ab", "abc")
    assert holds("contains", "b", "abc") and not holds("contains", "x", "abc")
    assert holds("pattern", r"^a\d$", "a1") and not holds("pattern", r"^a\d$", "ab")
    both = NameRule("all", "", (NameRule("starts_with", "a"), NameRule("ends_with", "z")))
    either = NameRule("any", "", both.rules)
    assert [build_test(both)(name) for name in ("az", "ab", "xz")] == [True, False, False]
    assert [build_test(either)(name) for name in ("az", "ab", "xz", "x")] == [True, True, True, False]
    with pytest.raises(ValueError, match="no pattern"):
        build_test(NameRule("pattern", "("))


def test_names_are_compared_in_lower_case_and_dates_in_either_spelling():
    index = PricesByName(book(NameRule("equals", "gpt-2025-12-11")))
    assert index.find("GPT-20251211") is index.find("gpt-2025-12-11") is not None
    assert index.find("gpt-20251311") is None
    assert with_dashed_date("a-20250230-b") == "a-20250230-b", "not a day"
    assert with_dashed_date("a-20250228-b") == "a-2025-02-28-b"


def test_a_prefix_is_left_off_and_a_separator_names_the_list():
    assert PricesByName(book(NameRule("equals", "m"), prefix="models/")).find("models/m") is not None
    entry = NamedPrice(NameRule("starts_with", ""))
    index = PricesByName(PriceBook("test", {"groq": (entry,)}, separator=":"))
    assert index.find("org/model:groq") is entry
    assert [index.find(name) for name in ("org/model", "org/model:other", ":groq", "")] == [None] * 4


def test_names_that_callers_make_up_are_not_kept_without_bound(monkeypatch):
    monkeypatch.setattr(price_book, "NAMES_KEPT_MAX", 3)
    index = PricesByName(book(NameRule("starts_with", "a")))
    assert all(index.find(f"a{number}") is index.find("a") for number in range(10))
    assert len(index._found) <= 3


def test_a_name_has_the_tariffs_of_its_entry():
    tariffs = TariffsByName(book(NameRule("starts_with", "a")))
    assert tariffs.find("a1") is tariffs.find("a2")
    assert tariffs.find("a1").at(0).price.input == UnitPrice(1)
    assert tariffs.find("b") is UNPRICED and UNPRICED.at(0) is None
