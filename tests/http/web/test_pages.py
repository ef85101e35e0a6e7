"""Set-up, sign-in and the second step; all of it works without script."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from httpx import Response

from kit.console import NAME, PASSWORD, Console, console_on
from kit.control import ACTOR, ControlPlane, open_surroundings
from kit.factors import add_app, add_passkey, first_step
from tollway.control.accounts.model import NewUser
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


AWAY = [
    "//evil.example", "/\\evil.example", "https://evil.example", "x", "", "/\n/evil", "/é", "///evil.example",
    "////evil.example", "/\\/evil.example", "\\\\evil.example", "\\/evil.example", "/\t/evil.example",
    "/\r\nLocation: //evil.example", "\t//evil.example", " //evil.example", "//evil.example@localhost",
    "http:evil.example", "http:/evil.example", "http:\\\\evil.example", "https:///evil.example", "HTTPS://evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x",
    "//localhost.evil.example", "//evil.example/%2f..", "//%65vil.example", "/\x00//evil.example", "?n=//evil.example",
    "#//evil.example", "@evil.example", "localhost@evil.example", "//[::1]", "//127.1", "//2130706433", "/\x0b/evil",
    "/\u2028/evil", "//evil\u3002example", "\uff0f\uff0fevil.example", "/\uff0fevil.example", "./\\evil.example",
    "../evil", "ftp://evil.example", "file:///etc/passwd", "mailto:a@b", "//", "/\\", "http://", "://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", AWAY, ids=ascii)
def test_r28_sign_in_never_leads_away(target: str) -> None:
    assert safe_target(target) == "/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"])
def test_r28_neither_the_page_nor_the_form_nor_the_second_step_leads_away(console: Console, target: str) -> None:
    page = console.client().get("/sign-in", params={"next": target})
    assert "evil" not in page.text and "javascript:alert" not in page.text
    entered = console.client().post("/sign-in", data={"name": NAME, "password": PASSWORD, "next": target})
    assert entered.headers["location"] == "/"
    assert console.signed_in().get("/sign-in", params={"next": target}).headers["location"] == "/"
    app, _ = add_app(console, console.signed_in())
    half = console.client()
    halfway = half.post("/sign-in", data={"name": NAME, "password": PASSWORD, "next": target})
    assert halfway.headers["location"] == "/sign-in/second-step?next=%2F"
    done = half.post("/sign-in/second-step", data={"code": app.next_code(), "next": target})
    assert (done.status_code, done.headers["location"]) == (303, "/")


SCRIPTS = [
    "<script>alert(1)</script>", '"><script>alert(1)</script>', "'><img src=x onerror=a>", "</title><svg onload=x>",
    '" autofocus onfocus=alert(1) x="', "' onmouseover='alert(1)", "javascript:alert(1)", "</textarea><iframe src=//e>",
    "{{7907*7919}}", "{% print(7907*7919) %}", "${7907*7919}",
    "<!--<script>", "]]><script>alert(1)</script>", "&lt;script&gt;alert(1)",
    "\u003cscript\u003e", "%3Cscript%3Ealert(1)%3C/script%3E", "<scr\x00ipt>", "\u2028<b>", "+ADw-script+AD4-",
    "<a href=javascript:alert(1)>", "`-alert(1)-`", "<base href=//e>", "<meta http-equiv=refresh content=0>",
]  # fmt: skip


class Structure(HTMLParser):
    """The tags and attribute names of a page, and every address in it: what a script would have to change."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[(tag, *sorted(name for name, _ in attrs))] += 1
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction"):
                self.found[(tag, name, str(value))] += 1


def reflecting(console: Console, text: str, peer: str) -> dict[str, Response]:
    """Put the text wherever a page or a problem may repeat it, from an address of its own; return the answers."""
    client, signed_in = console.client(peer=peer), console.signed_in()
    user = console.plane.accounts.invite(NewUser(f"n {text}"[:200], "viewer"), ACTOR) if text.isprintable() else None
    pages = {
        "sign-in": client.get("/sign-in", params={"next": f"/{text}"}),
        "wrong sign-in": client.post("/sign-in", data={"name": text, "password": text, "next": f"/{text}"}),
        "second step": client.get("/sign-in/second-step", params={"next": f"/{text}"}),
        "set-up": client.get("/setup", params={"token": text}),
        "wrong set-up": client.post("/setup", data={"link_token": text, "name": text, "password": text}),
        "welcome": client.get("/welcome", params={"token": text}),
        "wrong welcome": client.post("/welcome", data={"link_token": text, "password": text}),
        "collect": client.post("/collect", data={"link": text}),
        "report": client.post("/report-token", data={"token": text, "url": text}),
        "errors": client.get("/docs/errors", params={"code": text}),
        "no page": client.get("/" + quote(text, safe="")),
        "problem of a path": signed_in.get("/api/v1/tokens/" + quote(text, safe="")),
        "problem of a query": signed_in.get("/api/v1/tokens", params={"state": text, text: "1"}),
        "problem of a body": signed_in.post("/api/v1/tokens", json={"name": text + "\x00", text: text}),
        "problem of a method": signed_in.put("/api/v1/tokens/" + quote(text, safe="")),
        "problem of a header": signed_in.patch("/api/v1/teams/x", json={}, headers={"if-match": ascii(text)}),
        "wrong host": client.get("/sign-in", headers={"host": ascii(text)}),
    }
    if user is not None:
        pages["invited"] = client.get("/welcome", params={"token": user.secret.reveal()})
        pages["weak"] = client.post("/welcome", data={"link_token": user.secret.reveal(), "password": "short"})
    return pages


@pytest.mark.parametrize(
    "every", [4, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(60)])], ids=["usual", "all"]
)
def test_r33_nothing_that_anybody_types_becomes_a_part_of_a_page(console: Console, every: int) -> None:
    """Each page has the same tags and addresses for every text, problems are no pages, and nothing inline would run."""
    plain = {name: Structure(answer.text).found for name, answer in reflecting(console, "plain", "10.0.0.1").items()}
    for number, text in enumerate(SCRIPTS[::every]):
        for name, answer in reflecting(console, text, f"10.1.{number}.1").items():
            kind = answer.headers.get("content-type", "")
            assert "unsafe" not in answer.headers["content-security-policy"], name
            assert answer.headers["x-content-type-options"] == "nosniff", name
            if kind.startswith("text/html"):
                assert kind == "text/html; charset=utf-8"
                assert Structure(answer.text).found == plain[name], (name, text)
                assert "62615533" not in answer.text, "no template ran"
            else:
                assert kind in ("application/problem+json", "application/json", ""), (name, kind)
                assert "<" not in str(answer.headers.get("location", ""))


def test_every_code_has_an_anchor(console: Console) -> None:
    page = console.client().get("/docs/errors").text
    assert set(re.findall(r'id="([a-z_.]+)"', page)) == {code.name for code in TABLE}
    assert "`" not in page and "<code>limits.body_bytes_max</code>" in page


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
