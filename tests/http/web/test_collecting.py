"""The page of a one-time link: reading it uses nothing, the button uses it once; nobody learns why there is none."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from kit.control import ACTOR
from tollway.control.rotations.handing import COLLECT_SECONDS
from tollway.control.rotations.links import Wanted
from tollway.control.security import throttle
from tollway.control.tokens.model import NewToken
from tollway.policy.token import generate_token, renew_token

FORM = {"origin": "http://localhost:8081"}


@pytest.fixture
def link(console: Console) -> str:
    issued = console.plane.tokens.issue(NewToken("ci <b>"), ACTOR)
    return console.plane.rotations.links.make(Wanted(issued.token.id, 60), ACTOR).url.reveal()


def outside(console: Console) -> TestClient:
    """Somebody with a link and nothing else."""
    return TestClient(console.app, base_url="http://localhost:8081", follow_redirects=False)


def use(client: TestClient, link: str):
    return client.post("/collect", data={"link": link}, headers=FORM)


def test_what_follows_links_in_letters_uses_none(console: Console, link: str) -> None:
    stranger = outside(console)
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in ("/collect", f"/collect?link={link.partition('#')[2]}"):
            stranger.request(method, path)
    assert use(stranger, link).status_code == 200


def test_the_page_is_the_same_for_every_link_and_is_neither_kept_nor_told_to_others(console: Console) -> None:
    stranger = outside(console)
    answers = [stranger.get(path) for path in ("/collect", "/collect?x=1")]
    assert answers[0].text == answers[1].text
    assert answers[0].headers["cache-control"] == "no-store"
    # A form under no-referrer would send `Origin: null`; this one tells only our own origin, and the # is never sent.
    assert answers[0].headers["referrer-policy"] == "same-origin"
    assert answers[0].headers["x-frame-options"] == "DENY"


def test_the_secret_is_shown_once(console: Console, link: str) -> None:
    stranger = outside(console)
    shown = use(stranger, link)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "tws_" in shown.text
    assert "ci &lt;b&gt;" in shown.text
    again = use(stranger, link)
    assert (again.status_code, "tws_" in again.text) == (404, False)


def test_who_is_signed_in_needs_no_more_than_others(console: Console, browser: TestClient, link: str) -> None:
    assert browser.post("/collect", data={"link": link}, headers={"x-tollway-csrf": ""}).status_code == 200


def test_used_unknown_wrong_expired_and_void_links_get_the_same_answer(console: Console, link: str) -> None:
    stranger = outside(console)
    use(stranger, link)
    token_id = console.plane.tokens.find_named("ci <b>").id  # type: ignore[union-attr]
    late = console.plane.rotations.links.make(Wanted(token_id, 60), ACTOR).url.reveal()
    void = late
    late = console.plane.rotations.links.make(Wanted(token_id, 60), ACTOR).url.reveal()
    presented = late.partition("#")[2]
    wrong = renew_token("w", presented[4:16], bytes(32)).reveal()
    unknown = generate_token("w", bytes(48)).reveal()
    told = {(answer.status_code, answer.text) for text in (link, void, wrong, unknown, "x", "")
            if (answer := use(stranger, text))}  # fmt: skip
    console.plane.clock.advance(COLLECT_SECONDS)
    answer = use(stranger, late)
    told.add((answer.status_code, answer.text))
    told = {each for each in told if each[0] != 422}
    assert [status for status, _ in told] == [404]


def test_a_form_of_another_site_is_refused(console: Console, link: str) -> None:
    stranger = outside(console)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {}):
        assert stranger.post("/collect", data={"link": link}, headers=headers).status_code == 403
    assert use(stranger, link).status_code == 200


def test_who_tries_too_often_waits(console: Console) -> None:
    stranger = outside(console)
    for _ in range(throttle.REPORTS_MAX):
        assert use(stranger, "x").status_code == 404
    assert use(stranger, "x").status_code == 429
