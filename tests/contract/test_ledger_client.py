"""Asking a ledger that is not there, dies in between, or says nothing."""

import asyncio
import socket
import threading

import pytest

from tollway.adapters.ledger_client import LedgerClient
from tollway.contract.ledger_api import HealthAnswer, HealthQuery
from tollway.contract.ledger_frames import encode_frame
from tollway.kernel.errors import TollwayError

FRAME = encode_frame(HealthAnswer(0, 1, 2, 3))


def serve(path, answer):
    """Answer one connection with `answer`; None never answers."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def run():
        connection, _ = listening.accept()
        connection.recv(1000)
        if answer is None:
            connection.recv(1000)  # Until the client gives up.
        else:
            connection.sendall(answer)
        connection.close()
        listening.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("answer", [b"", FRAME[:3], FRAME[:-1], b"\0\0\0\2\xc1\xc1", b"\xff\xff\xff\xff", None])
async def test_no_whole_answer_is_unavailable(tmp_path, answer, is_async):
    thread = serve(tmp_path / "l.sock", answer)
    client = LedgerClient(tmp_path / "l.sock", timeout_seconds=0.3)
    with pytest.raises(TollwayError) as caught:
        await (client.ask_async(HealthQuery()) if is_async else asyncio.to_thread(client.ask, HealthQuery()))
    assert caught.value.code.name == "usage.unavailable"
    await asyncio.to_thread(thread.join, 5)


@pytest.mark.parametrize("is_async", [False, True])
async def test_an_answer_is_returned_as_it_is(tmp_path, is_async):
    thread = serve(tmp_path / "l.sock", FRAME)
    client = LedgerClient(tmp_path / "l.sock")
    found = await (client.ask_async(HealthQuery()) if is_async else asyncio.to_thread(client.ask, HealthQuery()))
    assert found == HealthAnswer(0, 1, 2, 3)
    await asyncio.to_thread(thread.join, 5)


async def test_no_ledger_is_unavailable(tmp_path):
    client = LedgerClient(tmp_path / "none.sock", timeout_seconds=0.5)
    for ask in (
        client.ask_async(HealthQuery()),
        asyncio.to_thread(client.ask, HealthQuery()),
        anext(client.subscribe()),
    ):
        with pytest.raises(TollwayError) as caught:
            await ask
        assert caught.value.code.name == "usage.unavailable"
