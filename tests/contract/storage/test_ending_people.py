"""On SQLite and PostgreSQL alike: deactivating a person ends sessions and tokens by the next call, and of many wrong
passwords at once no more are looked at than are allowed.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit.console import NAME, Console
from kit.control import ControlPlane, Surroundings
from kit.matrix import add_person, sign_in
from tollway.adapters.storage.migrate import migrate

from .conftest import OpenDatabase

ALLOWED = 5


@pytest.fixture
def console(database: OpenDatabase, tmp_path: Path) -> Console:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    console = Console(ControlPlane(Surroundings(writer, database("config", writer=False))).start(), tmp_path / "ui")
    console.set_up()
    return console


def test_a_deactivated_person_is_out_by_the_next_call(console: Console) -> None:
    user_id = add_person(console, "eve", "developer")
    sessions = [sign_in(console, "eve") for _ in range(2)]
    token = sessions[0].post("/api/v1/tokens", json={"name": "own"}).json()
    assert console.plane.policy.token(token["id"]).state == "active"
    ended = console.signed_in().post(f"/api/v1/users/{user_id}/deactivate")
    assert (ended.status_code, ended.json()["sessions"], ended.json()["tokens"]) == (200, 2, 1)
    assert [session.get("/api/v1/session").status_code for session in sessions] == [401, 401]
    assert console.plane.policy.token(token["id"]).state == "revoked", "workers read this at every call"


def test_of_a_hundred_parallel_wrong_sign_ins_five_are_looked_at(console: Console) -> None:
    before = console.hasher.verified

    def attempt(_: int) -> int:
        answer = console.client().post("/api/v1/session", json={"name": NAME, "password": "a wrong password"})
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert console.hasher.verified - before <= ALLOWED
    assert statuses.count(401) <= ALLOWED and statuses.count(401) + statuses.count(429) == 100
