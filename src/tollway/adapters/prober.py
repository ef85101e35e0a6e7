"""Trial calls to providers (port: web/ports.py Prober): `GET <base_url>/models` with the provider's first key.

Goes through the same upstream client and connect policy as real calls, on an event loop of its own, since the console
asks from a thread.
"""

import asyncio
import time

from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.adapters.sandbox_transport import build_any_destination
from tollway.contract.policy import decode_snapshot
from tollway.control.upstreams.model import Provider
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.gateway.ports import SecretBox
from tollway.gateway.snapshot import Provider as CompiledProvider
from tollway.gateway.snapshot import compile_provider
from tollway.kernel.errors import TollwayError
from tollway.web.ports import Probe, Prober

ANSWER_BYTES_MAX = 4_194_304
SECONDS_MAX = 20.0


class UpstreamProber:
    """Probes providers as they were published last."""

    def __init__(self, store: PolicyStoreWriter, box: SecretBox) -> None:
        self._store = store
        self._box = box

    def probe(self, provider: Provider) -> Probe:
        """Make one cheap call; failures are in the result. Takes at most 20 s."""
        try:
            compiled = self._find(provider.id)
        except (ValueError, TollwayError) as error:
            return Probe(False, None, None, f"The provider cannot be used: {error}", "upstream.no_credential")
        if compiled.destination.scheme == "sandbox":
            return Probe(True, 200, 0.0, "The sandbox answers by itself.")
        return asyncio.run(_probe(compiled))

    def _find(self, provider_id: str) -> CompiledProvider:
        raw = self._store.snapshot()
        records = () if raw is None else decode_snapshot(raw).providers
        for record in records:
            if record.id == provider_id:
                return compile_provider(record, self._box, build_any_destination)
        raise ValueError("it is switched off, or was left out when the policy was published")


async def _probe(provider: CompiledProvider) -> Probe:
    upstreams = EdgeUpstreams()
    began = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            answer = await upstreams.send(
                provider.destination,
                method="GET",
                target=f"{provider.destination.base_path}/models".encode("ascii"),
                headers=[(b"accept", b"application/json"), *provider.headers, *provider.keys[0].headers],
                body=b"",
            )
            latency_ms = (time.monotonic() - began) * 1000
            answer.close()
        return _judge(answer.status, latency_ms)
    except TollwayError as error:
        return Probe(False, None, None, error.public, error.code.name)
    except TimeoutError:
        return Probe(False, None, None, f"No answer within {SECONDS_MAX:.0f} s.", "upstream.timeout")
    finally:
        upstreams.close()


def _judge(status: int, latency_ms: float) -> Probe:
    if status < 300:
        return Probe(True, status, latency_ms, "The provider answered and took the key.")
    if status in (401, 403):
        return Probe(False, status, latency_ms, "The provider refused the key.", "upstream.auth")
    if status in (404, 405, 501):
        return Probe(True, status, latency_ms, f"The provider answers, but has no list of models ({status}).")
    return Probe(False, status, latency_ms, f"The provider answered {status}.", "upstream.protocol")


_: type[Prober] = UpstreamProber
