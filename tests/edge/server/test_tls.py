"""TLS 1.2 at least, HTTP/1.1 only, a private key is private, and a reload changes the certificate in place."""

import shutil
import ssl
from pathlib import Path

import pytest

from tollway.edge.server.tls import TLSFault, build_server_context, check_private

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_requests_over_tls_are_answered_and_marked(edge, tls_files) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [], b"%d %b" % (exchange.head.is_tls, exchange.head.peer.encode()))

    await edge.start(handle, tls=build_server_context(*tls_files))
    context = ssl.create_default_context(cafile=str(tls_files[0]))
    context.set_alpn_protocols(["h2", "http/1.1"])
    client = await edge.connect(ssl=context)
    assert client.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
    for _ in range(2):
        await client.send(GET)
        assert (await client.answer())[2] == b"1 127.0.0.1"
    await client.send(b"bad\r\n\r\n")
    assert (await client.answer())[0] == 400


async def test_tls_1_1_is_refused(edge, tls_files) -> None:
    await edge.start(tls=build_server_context(*tls_files))
    context = ssl.create_default_context(cafile=str(tls_files[0]))
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await edge.connect(ssl=context)


async def test_new_context_is_used_for_new_connections(edge, tls_files) -> None:
    await edge.start(tls=build_server_context(*tls_files))
    context = ssl.create_default_context(cafile=str(tls_files[0]))
    kept = await edge.connect(ssl=context)
    edge.listener.tls = build_server_context(*tls_files)
    fresh = await edge.connect(ssl=context)
    for client in (kept, fresh):
        await client.send(GET)
        assert (await client.answer())[0] == 200


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_key_that_others_can_read_is_refused(tls_files, tmp_path: Path, mode: int) -> None:
    key = tmp_path / "key.pem"
    shutil.copy(tls_files[1], key)
    key.chmod(mode)
    with pytest.raises(TLSFault, match="read by others"):
        build_server_context(tls_files[0], key)


def test_missing_or_wrong_files_are_named(tls_files, tmp_path: Path) -> None:
    with pytest.raises(TLSFault, match="cannot read the key"):
        check_private(tmp_path / "none.pem")
    with pytest.raises(TLSFault, match="is not a file"):
        check_private(tmp_path)
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    broken.chmod(0o600)
    with pytest.raises(TLSFault, match=r"broken\.pem"):
        build_server_context(tls_files[0], broken)
    with pytest.raises(TLSFault, match=r"none\.pem"):
        build_server_context(tmp_path / "none.pem", tls_files[1])
