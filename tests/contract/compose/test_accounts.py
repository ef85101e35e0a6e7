"""Service accounts and tokens that manage, as the composer wires them: through the whole local console."""

from pathlib import Path

from starlette.testclient import TestClient

from tollway.compose.console import build_local_console
from tollway.settings.model import Settings

A = "/api/v1"


def test_a_service_accounts_token_is_proven_by_the_console_that_issued_it(tmp_path: Path) -> None:
    app = build_local_console(Settings(data=tmp_path))
    with TestClient(app, base_url="http://tollway") as operator:
        team = operator.post(f"{A}/teams", json={"name": "red"}).json()["id"]
        body = {"name": "ci", "role": "developer", "team_id": team}
        refused = operator.post(f"{A}/service-accounts", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/owner_id")
        invited = operator.post(f"{A}/users", json={"name": "ada", "role": "developer", "team_ids": [team]}).json()
        unfit = operator.post(f"{A}/service-accounts", json={**body, "owner_id": invited["user"]["id"]})
        assert unfit.status_code == 422, "who has not come yet answers for nothing"
        link = invited["link"]["url"].partition("token=")[2]
        accepted = operator.post(f"{A}/welcome", json={"link_token": link, "password": "a quiet orange bicycle"})
        assert accepted.status_code == 200
        made = operator.post(f"{A}/service-accounts", json={**body, "owner_id": invited["user"]["id"]})
        assert made.status_code == 201, made.text
        assert operator.delete(f"{A}/users/{invited['user']['id']}").status_code == 200
        left = operator.get(f"{A}/service-accounts?ownerless=true").json()["items"]
        assert [account["name"] for account in left] == ["ci"]
