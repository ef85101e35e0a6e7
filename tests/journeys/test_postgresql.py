"""The whole product on PostgreSQL, by one setting."""

import http.client
import json
import time
from pathlib import Path

import pytest

from kit.instance import Tollway
from kit.postgres import postgres_database, postgres_url

__all__ = ["postgres_database", "postgres_url"]


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
