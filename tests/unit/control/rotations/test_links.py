"""One-time links: shown or mailed, void once another is made, tried again and then given up with the old secret."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from kit.life import CONSOLE_URL
from kit.notices import Notices
from tollway.contract.life import ALWAYS_NS
from tollway.control.audit import model as audit
from tollway.control.notices.model import Letter, NewWebhook, Posted
from tollway.control.rotations.links import CLAIM_SECONDS, RETRY_SECONDS, Wanted, write_letter
from tollway.control.rotations.model import Link, NewRotationPolicy
from tollway.control.tokens.model import IssuedToken
from tollway.kernel.errors import TollwayError

DAY = 86_400
REFUSED = Posted(False, "550 no such mailbox")


def collecting(url: str) -> str:
    """Return what the link carries after its `#`."""
    place, _, token = url.partition("#")
    assert place == f"{CONSOLE_URL}/collect"
    return token


def mailed_link(text: str) -> str:
    return collecting(next(line for line in text.splitlines() if line.startswith(CONSOLE_URL)))


def collect(plane: ControlPlane, token: str):
    return plane.rotations.handovers.collect(token, address="192.0.2.7")


def begin_by_mail(plane: ControlPlane, issued: IssuedToken, to: str = "ada@example.org") -> None:
    new = NewRotationPolicy("mailed", "token", 10 * DAY, issued.token.id, DAY, "mail", mail_to=to)
    plane.rotations.policies.create(new, ACTOR)
    plane.clock.advance(10 * DAY)
    assert plane.rotations.scheduler.look() == 1


def acts(plane: ControlPlane, action: str) -> list[str]:
    return [str(entry.after) for entry in plane.audit.page(audit.Wanted(action=action))]


def test_a_link_is_to_a_new_secret_and_the_old_one_works_until_it_was_used(
    plane: ControlPlane, issued: IssuedToken
) -> None:
    link = plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR)
    assert plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns == ALWAYS_NS
    collected = collect(plane, collecting(link.url.reveal()))
    record = plane.policy.token(issued.token.id)
    assert record.mac == plane.keys.mac(collected.secret.reveal().encode(), record.pepper_version)
    assert record.old_secrets[0].valid_until_ns == plane.clock.now_ns() + DAY * 10**9
    assert len(acts(plane, "token.link")) == len(acts(plane, "token.collect")) == 1
    with pytest.raises(TollwayError, match="nothing to collect"):
        collect(plane, collecting(link.url.reveal()))


def test_another_link_is_to_the_same_secret_and_makes_the_one_before_void(
    plane: ControlPlane, issued: IssuedToken
) -> None:
    first = plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR)
    second = plane.rotations.links.make(Wanted(issued.token.id, 0), ACTOR)
    assert plane.tokens.get(issued.token.id).life.generation == 2
    with pytest.raises(TollwayError, match="nothing to collect"):
        collect(plane, collecting(first.url.reveal()))
    collect(plane, collecting(second.url.reveal()))


def test_neither_link_nor_secret_is_stored_or_recorded(plane: ControlPlane, issued: IssuedToken) -> None:
    link = plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR)
    secret = collecting(link.url.reveal())[16:]
    with plane.database.reading() as connection:
        for table in ("handovers", "audit", "webhook_deliveries", "told"):
            assert secret not in repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    assert secret not in repr(link)


def test_a_mailed_link_is_in_the_letter_alone(plane: ControlPlane, issued: IssuedToken) -> None:
    mailed = plane.rotations.links.mail(Wanted(issued.token.id, 3_600), "ada@example.org", ACTOR)
    assert (mailed.is_ok, mailed.to) == (True, "ada@example.org")
    (letter,) = plane.link_post.sent
    assert "then for 1 hour." in letter.text
    assert issued.token.masked in letter.text
    assert acts(plane, "token.mail_link") == ['{"is_ok":true,"to":"ada@example.org"}']
    collect(plane, mailed_link(letter.text))


def test_nobody_is_written_to_without_an_address_or_mail(plane: ControlPlane, issued: IssuedToken) -> None:
    for to in ("nobody", "a@b\r\nBcc: c@d"):
        with pytest.raises(TollwayError, match=r"management\.invalid"):
            plane.rotations.links.mail(Wanted(issued.token.id, DAY), to, ACTOR)
    plane.link_post.is_set_up = False
    with pytest.raises(TollwayError, match="Mail is not set up"):
        plane.rotations.links.mail(Wanted(issued.token.id, DAY), "ada@example.org", ACTOR)
    assert plane.tokens.get(issued.token.id).life.generation == 1


def test_a_letter_that_was_not_taken_leaves_the_secret_waiting(plane: ControlPlane, issued: IssuedToken) -> None:
    plane.link_post.posted = REFUSED
    mailed = plane.rotations.links.mail(Wanted(issued.token.id, DAY), "ada@example.org", ACTOR)
    assert (mailed.is_ok, mailed.detail) == (False, "550 no such mailbox")
    assert plane.rotations.handovers.find_waiting(issued.token.id) is not None
    assert plane.policy.token(issued.token.id).old_secrets[0].valid_until_ns == ALWAYS_NS


@pytest.mark.parametrize("overlap", [-1, 367 * DAY])
def test_an_overlap_has_bounds(plane: ControlPlane, issued: IssuedToken, overlap: int) -> None:
    with pytest.raises(TollwayError, match=r"management\.invalid"):
        plane.rotations.links.make(Wanted(issued.token.id, overlap), ACTOR)


def test_a_policys_letter_is_written_once(plane: ControlPlane, issued: IssuedToken) -> None:
    begin_by_mail(plane, issued)
    assert plane.rotations.links.send_due() == 1
    assert plane.rotations.links.send_due() == 0
    plane.clock.advance(CLAIM_SECONDS)
    assert plane.rotations.links.send_due() == 0
    (letter,) = plane.link_post.sent
    assert letter.to == "ada@example.org"
    collect(plane, mailed_link(letter.text))


def test_delivery_that_fails_leaves_the_old_secret_valid_and_alerts(
    plane: ControlPlane, notices: Notices, issued: IssuedToken
) -> None:
    notices.webhooks.create(NewWebhook("all", "https://all.example/"), ACTOR)
    before = plane.policy.token(issued.token.id)
    begin_by_mail(plane, issued)
    plane.link_post.posted = REFUSED
    for wait in (0, *RETRY_SECONDS):
        plane.clock.advance(wait)
        assert plane.rotations.links.send_due() == 0
    plane.clock.advance(DAY // 2)
    assert plane.rotations.links.send_due() == 0
    assert len(plane.link_post.sent) == len(RETRY_SECONDS) + 1
    record = plane.policy.token(issued.token.id)
    assert (record.mac, record.generation) == (before.mac, before.generation)
    for letter in plane.link_post.sent:
        with pytest.raises(TollwayError, match="nothing to collect"):
            collect(plane, mailed_link(letter.text))
    notices.deliver_due()
    told = [body for message in notices.receivers.sent if b"token.rotation_failed" in (body := message.body)]
    assert len(told) == 1
    assert b"550 no such mailbox" in told[0]


def test_each_letter_that_is_tried_again_has_a_link_of_its_own(plane: ControlPlane, issued: IssuedToken) -> None:
    begin_by_mail(plane, issued)
    plane.link_post.posted = REFUSED
    plane.rotations.links.send_due()
    plane.link_post.posted = Posted(True, "taken")
    plane.clock.advance(RETRY_SECONDS[0])
    assert plane.rotations.links.send_due() == 1
    first, second = (mailed_link(letter.text) for letter in plane.link_post.sent)
    with pytest.raises(TollwayError, match="nothing to collect"):
        collect(plane, first)
    collect(plane, second)


def test_a_console_that_died_while_it_wrote_is_followed_by_another(plane: ControlPlane, issued: IssuedToken) -> None:
    begin_by_mail(plane, issued)
    links = plane.rotations.links
    waiting = plane.rotations.handovers.find_waiting(issued.token.id)
    assert waiting is not None
    assert links._claim(waiting.id) is not None  # and then it is killed
    assert links.send_due() == 0  # nobody else sends the same letter meanwhile
    plane.clock.advance(CLAIM_SECONDS)
    assert links.send_due() == 1


def test_mail_that_is_taken_away_is_a_failed_letter(plane: ControlPlane, issued: IssuedToken) -> None:
    begin_by_mail(plane, issued)

    def refuse(*_: object) -> Posted:
        raise TollwayError("management.not_found", public="Mail is not set up.")

    plane.link_post.send = refuse  # type: ignore[method-assign]
    assert plane.rotations.links.send_due() == 0
    waiting = plane.rotations.handovers.find_waiting(issued.token.id)
    assert waiting is not None
    assert waiting.mail_attempts == 1


def test_an_operators_link_takes_the_place_of_a_letter_that_is_due(plane: ControlPlane, issued: IssuedToken) -> None:
    begin_by_mail(plane, issued)
    link = plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR)
    assert plane.rotations.links.send_due() == 0
    collect(plane, collecting(link.url.reveal()))


@pytest.mark.parametrize("is_used", [True, False], ids=["used", "replaced"])
def test_what_becomes_of_a_link_while_its_letter_is_sent_holds(
    plane: ControlPlane, issued: IssuedToken, *, is_used: bool
) -> None:
    """The mail server is slow: meanwhile the person follows the link, or an operator makes another."""
    begin_by_mail(plane, issued)
    shown: list[str] = []

    def send_slowly(letter: Letter) -> Posted:
        if is_used:
            collect(plane, mailed_link(letter.text))
        else:
            shown.append(collecting(plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR).url.reveal()))
        return REFUSED

    plane.link_post.send = send_slowly  # type: ignore[method-assign]
    assert plane.rotations.links.send_due() == 0
    plane.clock.advance(CLAIM_SECONDS + sum(RETRY_SECONDS))
    assert plane.rotations.links.send_due() == 0, "nothing is tried again"
    assert plane.policy.token(issued.token.id).generation == 2, "the new secret was not taken back"
    assert len(shown) == (not is_used)
    for link in shown:
        collect(plane, link)


def test_a_name_stays_on_its_line(plane: ControlPlane, issued: IssuedToken) -> None:
    made = plane.rotations.links.make(Wanted(issued.token.id, DAY), ACTOR)
    odd = Link(replace(made.token, name="ci\r\nBcc: x"), made.url, made.until_ns, 90)
    letter = write_letter(odd, "ada@example.org", CONSOLE_URL)
    assert letter.subject.isprintable()
    assert "then for 90 seconds" in letter.text
