"""Set-up, sign-in and the second step; all of it works without script."""

import re
from pathlib import Path

import pytest

from kit.console import NAME, PASSWORD, Console, console_on
from kit.control import ControlPlane, open_surroundings
from kit.factors import add_app, add_passkey, first_step
from tollway.kernel.codes import TABLE
from tollway.web.pages import safe_target


def test_signing_in_by_form_leads_to_the_page_that_was_asked_for(console: Console) -> None:
    client = console.client()
    sent_away = client.get("/tokens?state=active")
    assert (sent_away.status_code, sent_away.headers["location"]) == (
        303,
        "/sign-in?next=%2Ftokens%3Fstate%3Dactive",
    )
    page = client.get(sent_away.headers["location"])
    assert 'value="/tokens?state=active"' in page.text
    answer = client.post("/sign-in", data={"name": NAME, "password": PASSWORD, "next": "/tokens?state=active"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tokens?state=active")
    assert client.get("/api/v1/session").status_code == 200
    assert client.get("/sign-in").status_code == 303


def test_a_wrong_password_is_said_in_the_form_and_never_repeated(console: Console) -> None:
    answer = console.client().post("/sign-in", data={"name": NAME, "password": "canary-password"})
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert 'role="alert"' in answer.text
    assert "canary-password" not in answer.text


def test_forms_and_api_share_one_counter(console: Console) -> None:
    client = console.client()
    for _ in range(5):
        client.post("/sign-in", data={"name": NAME, "password": "wrong password"})
    answer = client.post("/api/v1/session", json={"name": NAME, "password": PASSWORD})
    assert answer.status_code == 429
    page = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    assert page.status_code == 429
    assert "Try again in about 15 minutes." in page.text


def test_what_people_type_is_escaped(console: Console) -> None:
    answer = console.client().post("/sign-in", data={"name": '"><b>', "password": "x", "next": '/"><i>'})
    assert "<b>" not in answer.text and "<i>" not in answer.text


def test_a_fresh_console_leads_to_set_up_and_the_link_works_once(tmp_path: Path) -> None:
    around = open_surroundings(tmp_path)
    console = Console(ControlPlane(around).start(), tmp_path / "ui")
    client = console.client()
    assert client.get("/").headers["location"] == "/setup"
    assert client.get("/sign-in").headers["location"] == "/setup"
    assert 'name="link_token"' in client.get("/setup").text
    first = console.sessions.issue_setup_link().reveal()
    second = console.sessions.issue_setup_link().reveal()
    assert client.get("/setup", params={"token": first}).status_code == 403
    page = client.get("/setup", params={"token": second})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    short = client.post("/setup", data={"link_token": second, "name": NAME, "password": "short"})
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    done = client.post("/setup", data={"link_token": second, "name": NAME, "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    again = client.post("/setup", data={"link_token": second, "name": "eve", "password": PASSWORD})
    assert again.status_code == 403
    assert client.get("/setup").headers["location"] == "/sign-in"
    around.writer.dispose()
    around.reader.dispose()


def test_a_set_up_link_expires(tmp_path: Path) -> None:
    around = open_surroundings(tmp_path)
    console = Console(ControlPlane(around).start(), tmp_path / "ui")
    token = console.sessions.issue_setup_link().reveal()
    console.clock.advance(900)
    body = {"link_token": token, "name": NAME, "password": PASSWORD}
    assert console.client().post("/api/v1/setup", json=body).status_code == 403
    around.writer.dispose()
    around.reader.dispose()


def test_the_set_up_link_is_stored_hashed(tmp_path: Path) -> None:
    with console_on(tmp_path) as console:
        assert console.sessions.is_setup_needed() is False
    raw = (tmp_path / "config.db").read_bytes()
    wal = tmp_path / "config.db-wal"
    raw += wal.read_bytes() if wal.exists() else b""
    assert PASSWORD.encode() not in raw


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "x", "", "/\n/evil", "/é"]
)
def test_sign_in_never_leads_away(target: str) -> None:
    assert safe_target(target) == "/"


def test_every_code_has_an_anchor(console: Console) -> None:
    page = console.client().get("/docs/errors").text
    assert set(re.findall(r'id="([a-z_.]+)"', page)) == {code.name for code in TABLE}


SCRIPT = re.compile(r'<script type="module" src="(/static/passkey\.js)\?v=[0-9a-f]{12}"></script>')


def test_pages_have_nothing_inline_and_no_script_but_the_one_for_passkeys(console: Console) -> None:
    add_app(console, console.signed_in())
    halfway = first_step(console)
    pages = {path: console.client().get(path).text for path in ("/sign-in", "/docs/errors")}
    pages["/sign-in/second-step"] = halfway.get("/sign-in/second-step").text
    for path, page in pages.items():
        scripts = SCRIPT.findall(page)
        assert len(scripts) == page.count("<script") == (0 if path == "/docs/errors" else 1)
        assert "style=" not in page and "<style" not in page and 'onclick="' not in page
        assert '<html lang="en">' in page
    script = console.client().get("/static/passkey.js")
    assert script.status_code == 200 and script.headers["content-type"].startswith("text/javascript")
    assert "innerHTML" not in script.text


def test_the_second_step_by_form_leads_to_the_page_that_was_asked_for(console: Console) -> None:
    app, codes = add_app(console, console.signed_in())
    client = console.client()
    sent = client.post("/sign-in", data={"name": NAME, "password": PASSWORD, "next": "/tokens?state=active"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in/second-step?next=%2Ftokens%3Fstate%3Dactive")
    page = client.get(sent.headers["location"])
    assert page.status_code == 200 and 'value="/tokens?state=active"' in page.text
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "same-origin"
    wrong = client.post("/sign-in/second-step", data={"code": app.wrong_code(), "next": "//evil.example"})
    assert wrong.status_code == 401 and "This code is wrong" in wrong.text and "evil" not in wrong.text
    code = app.next_code()
    data = {"code": f"{code[:3]} {code[3:]}", "next": "/tokens?state=active"}
    done = client.post("/sign-in/second-step", data=data)
    assert (done.status_code, done.headers["location"]) == (303, "/tokens?state=active")
    assert client.get("/api/v1/session").status_code == 200
    by_paper = first_step(console)
    assert by_paper.post("/sign-in/second-step", data={"code": codes[0]}).headers["location"] == "/"


def test_without_a_first_step_there_is_no_second(console: Console) -> None:
    client = console.client()
    path = "/sign-in/second-step"
    for answer in (client.get(f"{path}?next=/x"), client.post(path, data={"next": "/x"})):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fx")


def test_who_has_passkeys_only_is_offered_them_and_a_recovery_code(console: Console) -> None:
    add_passkey(console.signed_in())
    page = first_step(console).get("/sign-in/second-step").text
    assert "data-passkey" in page and 'data-origin="http://localhost"' in page
    assert "Recovery code" in page and "Six digits" not in page


def test_form_pages_tell_their_origin_so_that_plain_http_browsers_can_post(console: Console) -> None:
    page = console.client().get("/sign-in")
    assert page.headers["referrer-policy"] == "same-origin"
    client = console.client()
    del client.headers["sec-fetch-site"]
    data = {"name": NAME, "password": PASSWORD}
    assert client.post("/sign-in", data=data, headers={"origin": "http://localhost"}).status_code == 303
    assert client.post("/sign-in", data=data).status_code == 403
