"""Schemathesis over the whole API: no server error, and no answer that docs/openapi.json does not describe.

The requests name objects that exist, of one's own and of another team, and some that were deleted. There are more
requests in the slow runs, on SQLite and on PostgreSQL. `pytest -s` prints how often each status was answered.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from schemathesis.schemas import APIOperation

from kit.console import Console
from kit.control import Surroundings, open_surroundings
from kit.generated_requests import Ids, Person, ask, operations, seeded
from kit.postgres import empty_database, postgres_url
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate
from tollway.web.local import LocalApp
from tollway.web.routers import PREFIX

__all__ = ["postgres_url"]

PARTS = 6
"""The operations are dealt out to so many tests, which run side by side."""
SHORT, SOME, LONG = 2, 12, 40
"""Requests that are made up for each operation: in every run; by session and on PostgreSQL, and on SQLite, in
`make test-all`."""
OWN = ("/account", "/session", "/setup", "/welcome")
"""What a person does about their own sign-in; for everything else the operator may do all, and does it."""

pytestmark = pytest.mark.timeout(900)


def operators(app: object) -> list[APIOperation]:
    """Return the operations that the operator asks."""
    return [one for one in operations(app) if not is_own(one)]


def is_own(operation: APIOperation) -> bool:
    return operation.path.startswith(tuple(PREFIX + own for own in OWN))


def ask_all(asked: list[APIOperation], examples: int, sides: list[Ids]) -> Counter[int]:
    """Ask each operation as the operator, and return how often each status was answered."""
    statuses: Counter[int] = Counter()
    for operation in asked:
        statuses.update(ask(operation, examples, dict, sides))
    return statuses


@pytest.mark.parametrize("part", range(PARTS))
def test_the_operator_meets_no_server_error_and_no_undocumented_answer(tmp_path: Path, part: int) -> None:
    """In every run: a few requests to each operation."""
    with seeded(open_surroundings(tmp_path), tmp_path) as (console, sides):
        statuses = ask_all(operators(LocalApp(console.app))[part::PARTS], SHORT, sides)
    print(f"part {part}: {dict(sorted(statuses.items()))}")
    assert any(status < 300 for status in statuses), "nothing was found"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_many_requests_to_each_operation(tmp_path: Path, part: int) -> None:
    with seeded(open_surroundings(tmp_path), tmp_path) as (console, sides):
        statuses = ask_all(operators(LocalApp(console.app))[part::PARTS], LONG, sides)
    print(f"part {part}, long: {dict(sorted(statuses.items()))}")


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("part", range(PARTS))
def test_many_requests_to_each_operation_on_postgresql(tmp_path: Path, part: int, postgres_url: str) -> None:
    """Another database refuses other texts and numbers: each is refused by us before, or stored."""
    with on_postgresql(postgres_url, tmp_path) as around, seeded(around, tmp_path) as (console, sides):
        statuses = ask_all(operators(LocalApp(console.app))[part::PARTS], SOME, sides)
    print(f"part {part} on PostgreSQL: {dict(sorted(statuses.items()))}")


@contextmanager
def on_postgresql(postgres_url: str, folder: Path) -> Iterator[Surroundings]:
    with empty_database(postgres_url) as url:
        writer = open_engine(url, database="config", writer=True)
        migrate(writer, "config", folder / "backups")
        yield Surroundings(writer, open_engine(url, database="config", writer=False))


@pytest.mark.parametrize(
    "examples", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.slow)]
)
def test_a_person_meets_no_server_error_about_their_own_sign_in(tmp_path: Path, examples: int) -> None:
    with seeded(open_surroundings(tmp_path), tmp_path) as (console, sides):
        print(ask_as_person(console, examples, sides, is_own))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_owner_in_a_browser_meets_no_server_error(tmp_path: Path, part: int) -> None:
    """The same operations by a session: who is asking, and how freshly proven, is looked at as well."""
    with seeded(open_surroundings(tmp_path), tmp_path) as (console, sides):
        numbers = {one.label for one in operators(None)[part::PARTS]}
        print(f"part {part}: {ask_as_person(console, SOME, sides, lambda one: one.label in numbers)}")


def ask_as_person(
    console: Console, examples: int, sides: list[Ids], is_asked: Callable[[APIOperation], bool]
) -> dict[int, int]:
    person, statuses = Person(console), Counter[int]()
    for operation in filter(is_asked, operations(console.app)):
        statuses.update(ask(operation, examples, person.headers, sides))
    return dict(sorted(statuses.items()))
