"""Webhooks go to the address that was judged, once, and say what came of it."""

import pytest

from kit.scripted_upstream import HOLD, RESET, Handler, ScriptedUpstream, read_request, script
from tollway.adapters.webhooks import sender as sending
from tollway.adapters.webhooks.sender import HTTPWebhookSender, parse_url
from tollway.contract.policy import Timeouts
from tollway.control.notices.model import Outcome, Outgoing

BODY = b'{"type":"webhook.test"}'
HEADERS = (("content-type", "application/json"), ("webhook-id", "msg_1"), ("webhook-signature", "v1,AA=="))
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def message(url: str, *allow_private: str) -> Outgoing:
    return Outgoing(url, allow_private, HEADERS, BODY)


async def sent_to(handler: Handler) -> Outcome:
    async with ScriptedUpstream(handler) as server:
        return await HTTPWebhookSender().send(message(f"http://127.0.0.1:{server.port}/in", "127.0.0.0/8"))


async def test_the_request_is_what_was_signed_at_the_path_and_query_of_the_url() -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def handle(reader, writer) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)
        await writer.drain()

    async with ScriptedUpstream(handle) as server:
        url = f"http://127.0.0.1:{server.port}/in//b/?token=a%20b&x"
        outcome = await HTTPWebhookSender().send(message(url, "127.0.0.0/8"))
    assert (outcome.status, outcome.is_delivered, outcome.code) == (204, True, None)
    ((head, body),) = seen
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /in//b/?token=a%20b&x http/1.1" and body == BODY
    assert f"host: 127.0.0.1:{server.port}" in lines and f"content-length: {len(BODY)}" in lines
    assert "webhook-id: msg_1" in lines and "webhook-signature: v1,aa==" in lines


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[fd00::1]/",
    ],
)
async def test_r22_private_addresses_are_refused_unless_allowed(url: str) -> None:
    async with ScriptedUpstream(script(OK)) as server:
        outcome = await HTTPWebhookSender().send(message(url.format(port=server.port)))
        assert (outcome.status, outcome.code) == (None, "upstream.forbidden_address")
        assert server.connections == 0


async def test_r22_a_redirect_is_not_followed() -> None:
    async with ScriptedUpstream(script(OK)) as other:
        location = f"http://127.0.0.1:{other.port}/".encode()
        outcome = await sent_to(script(b"HTTP/1.1 307 x\r\nlocation: " + location + b"\r\ncontent-length: 0\r\n\r\n"))
        assert outcome.status == 307 and not outcome.is_delivered and "not followed" in outcome.detail
        assert other.connections == 0


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("-5", None), ("soon", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
async def test_a_receiver_may_say_when_to_try_again(value: str, seconds: int | None) -> None:
    answer = f"HTTP/1.1 503 x\r\nRetry-After: {value}\r\ncontent-length: 0\r\n\r\n".encode()
    outcome = await sent_to(script(answer))
    assert (outcome.status, outcome.retry_after_seconds, outcome.code) == (503, seconds, "upstream.protocol")


async def test_nothing_of_an_answer_is_kept() -> None:
    outcome = await sent_to(script(b"HTTP/1.1 500 canary\r\nx: canary\r\ncontent-length: 6\r\n\r\ncanary"))
    assert "canary" not in repr(outcome)


async def test_a_receiver_that_cuts_hangs_or_is_not_there_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await sent_to(script(RESET))).status is None
    monkeypatch.setattr(sending, "_TIMEOUTS", Timeouts(1.0, 0.2, 0.2, 1.0))
    assert (await sent_to(script(HOLD))).code == "upstream.timeout"
    monkeypatch.setattr(sending, "_TIMEOUTS", Timeouts())
    monkeypatch.setattr(sending, "SECONDS_MAX", 0.2)
    assert (await sent_to(script(HOLD))).code == "upstream.timeout"
    async with ScriptedUpstream(script(OK)) as server:
        port = server.port
    outcome = await HTTPWebhookSender().send(message(f"http://127.0.0.1:{port}/", "127.0.0.0/8"))
    assert (outcome.status, outcome.code) == (None, "upstream.unreachable")


def test_sending_from_a_thread_is_the_same() -> None:
    outcome = HTTPWebhookSender().send_and_wait(message("http://127.0.0.1:9999/"))
    assert outcome.code == "upstream.forbidden_address"
    assert HTTPWebhookSender().send_and_wait(message("nonsense")).code == "management.invalid"


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example/x", "ftp://hooks.example/", "https://hooks.example/#x", "https://u:p@hooks.example/",
     "https://hooks.example/a b", "https://hooks.example/\r\nx", "https://hooks.example:22/", "https://0x7f.1/",
     "https://hooks.example/%zz", "https://hooks.example/" + "x" * 2_000],
)  # fmt: skip
def test_what_two_readers_could_take_for_two_addresses_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        HTTPWebhookSender().check(url, ())
    with pytest.raises(ValueError, match=r"."):
        parse_url("https://hooks.example/", ("nonsense",))
