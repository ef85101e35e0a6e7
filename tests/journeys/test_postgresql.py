"""The whole product on PostgreSQL, by one setting."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.instance import Tollway
from kit.postgres import PostgresServer, postgres_database, postgres_server, postgres_url

__all__ = ["postgres_database", "postgres_server", "postgres_url"]

UNAVAILABLE = 3


def call(tollway: Tollway, token: str) -> int:
    host, port = tollway.gateway_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    body = json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}]})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body, headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_tokens_calls_and_usage_live_in_postgresql(tmp_path: Path, postgres_database: str) -> None:
    tollway = Tollway(tmp_path)
    tollway.environment["TOLLWAY_DATABASE_URL"] = postgres_database
    tollway.start()
    try:
        token = tollway.token("--budget", "1/month")
        assert call(tollway, token) == 200
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            usage = json.loads(tollway.run("usage", "--by", "model", "--since", "1h", "--json"))
            if usage["items"] and usage["items"][0]["calls"] == 1:
                break
            time.sleep(0.2)
        assert usage["items"][0]["keys"]["model"] == "sandbox-small"
        tollway.run("token", "revoke", token[4:16])
        assert call(tollway, token) == 401
    finally:
        assert tollway.stop() == 0
    assert not list(tollway.data.glob("*.db"))
    # The same installation comes back from its database.
    tollway.start()
    try:
        assert call(tollway, token) == 401
        assert json.loads(tollway.run("usage", "--by", "model", "--since", "1h", "--json"))["items"]
    finally:
        assert tollway.stop() == 0


def calls_counted(tollway: Tollway) -> int:
    usage = json.loads(tollway.run("usage", "--since", "1h", "--json"))
    return sum(row["calls"] for row in usage["items"])


def wait_for(check: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.postgres
@pytest.mark.timeout(180)
@pytest.mark.slow
def test_calls_go_on_and_are_all_counted_when_postgresql_goes_down(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """Also for a worker that starts while it is down. Changes are refused, and nothing is lost or undone."""
    tollway = Tollway(tmp_path)
    tollway.environment["TOLLWAY_DATABASE_URL"] = postgres_server.url
    tollway.start()
    try:
        kept, revoked = tollway.token("--budget", "1/month"), tollway.token()
        tollway.run("token", "revoke", revoked[4:16])
        assert call(tollway, kept) == 200
        wait_for(lambda: calls_counted(tollway) == 1)
        postgres_server.go_down()
        assert [call(tollway, kept) for _ in range(3)] == [200] * 3
        before = tollway.pids()
        tollway.kill(before["worker"])
        wait_for(lambda: tollway.has_replaced("worker", before))
        assert [call(tollway, kept) for _ in range(3)] == [200] * 3
        assert call(tollway, revoked) == 401
        assert tollway.attempt("token", "revoke", kept[4:16]).returncode == UNAVAILABLE
        assert tollway.attempt("usage", "--since", "1h").returncode == UNAVAILABLE
        assert call(tollway, kept) == 200
        postgres_server.come_back()
        wait_for(lambda: tollway.attempt("token", "revoke", kept[4:16]).returncode == 0)
        assert call(tollway, kept) == 401
        wait_for(lambda: tollway.attempt("usage", "--since", "1h").returncode == 0)
        # The refusals of known tokens are recorded like any call: one of the revoked one, one of the other.
        wait_for(lambda: calls_counted(tollway) == 10)
    finally:
        assert tollway.stop() == 0
