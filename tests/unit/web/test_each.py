"""What an act on several objects answers."""

from tollway.control.each import Outcome
from tollway.kernel.errors import TollwayError
from tollway.web.each import EachOutput, Verdict, count, item_of


def test_outcomes_are_told_apart_and_counted() -> None:
    forbidden, missing = TollwayError("management.forbidden", public="No."), TollwayError("management.not_found")
    outcomes = [Outcome("a", 1), Outcome("b", 1), Outcome("c", None, forbidden), Outcome("d", None, missing)]
    names = {one.id: f"name of {one.id}" for one in outcomes}
    items = [EachOutput(**item_of(one, names, is_changed=one.id == "a")) for one in outcomes]
    assert [item.outcome for item in items] == [
        Verdict.DONE, Verdict.NOTHING_TO_DO, Verdict.REFUSED, Verdict.REFUSED,
    ]  # fmt: skip
    assert (items[2].code, items[2].detail) == ("management.forbidden", "No.")
    assert [item.name for item in items] == ["name of a", "name of b", "name of c", ""], "nobody is named by an id"
    assert count(items) == {"done": 1, "nothing_to_do": 1, "refused": 2}
