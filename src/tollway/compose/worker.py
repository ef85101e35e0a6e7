"""Builds the data plane of one worker."""

import ssl
from collections.abc import Coroutine
from ipaddress import ip_network

import msgspec

from tollway.adapters.journal import JournalWriter
from tollway.adapters.meters import MappedMeters, open_meters, read_boot_id
from tollway.adapters.policy_store import LMDBPolicyStore
from tollway.adapters.response_states import Bounds as StateBounds
from tollway.adapters.response_states import LMDBResponseStates
from tollway.adapters.sandbox_transport import SandboxRouter, build_any_destination
from tollway.adapters.secrets import KeyRing
from tollway.adapters.secrets.pseudonyms import AddressPseudonyms
from tollway.adapters.telemetry.counters import CounterFile
from tollway.adapters.telemetry.resting import RestingFile
from tollway.edge.server.server import EdgeServer
from tollway.edge.server.tls import build_server_context
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.gateway.context import Bounds, Gateway, no_address
from tollway.gateway.endings import Endings
from tollway.gateway.explained import CONSOLE_PAGE, explain_codes
from tollway.gateway.pipeline import handle
from tollway.gateway.ports import Exchange
from tollway.kernel.clock import SystemClock
from tollway.runtime.child import Start


class Worker(msgspec.Struct):
    """A worker's objects, as its main needs them."""

    keys: KeyRing
    gateway: Gateway
    server: EdgeServer
    upstreams: EdgeUpstreams
    meters: MappedMeters
    journal: JournalWriter
    policy: LMDBPolicyStore
    states: LMDBResponseStates
    counters: CounterFile
    resting: RestingFile
    endings: Endings
    tls: ssl.SSLContext | None

    def close(self) -> None:
        """Let go of everything, after the server has drained."""
        self.upstreams.close()
        self.journal.close()
        self.meters.close()
        self.policy.close()
        self.states.close()


def build_worker(start: Start, name: str) -> Worker:
    """Build the data plane. Raises TollwayError when a store cannot be opened; call inside the running loop."""
    settings = start.settings
    data = settings.data
    clock = SystemClock()
    keys = KeyRing(start.root_keys)
    policy = LMDBPolicyStore(data / "policy")
    meters, _ = open_meters(data / "meters.mm", read_boot_id())
    journal = JournalWriter(data / "journal", name)
    states = LMDBResponseStates(data / "responses", box=keys.response_states, bounds=StateBounds())
    counters = CounterFile(data / "run")
    resting = RestingFile(data / "run", counters.number)

    def answer(exchange: Exchange) -> Coroutine[None, None, None]:
        return handle(exchange, gateway)

    def refused(code: str) -> None:
        gateway.tally(code)

    explained = explain_codes(settings.gateway.docs_url or start.console_url + CONSOLE_PAGE)
    server = EdgeServer(
        answer,
        limits=settings.limits,
        timeouts=settings.timeouts,
        clock=clock,
        on_refused=refused,
        explained=explained,
    )
    upstreams = EdgeUpstreams(clock=clock, wheel=server.wheel, outbox=server.outbox)
    gateway = Gateway(
        policy=policy,
        meters=meters,
        journal=journal,
        upstreams=SandboxRouter(upstreams),
        box=keys,
        hasher=keys,
        clock=clock,
        bounds=Bounds(
            body_bytes_max=settings.limits.body_bytes_max,
            answer_bytes_max=settings.limits.answer_bytes_max,
            trusted_proxies=tuple(ip_network(text) for text in settings.gateway.trusted_proxies),
            record_addresses=settings.gateway.record_addresses,
            stand_in=AddressPseudonyms(keys.address_key).name if settings.gateway.hash_addresses else no_address,
            meters_seconds=settings.timeouts.meters_seconds,
        ),
        build_destination=build_any_destination,
        counters=counters.values,
        states=states,
        explained=explained,
    )
    tls = None
    if settings.gateway.tls_certificate is not None and settings.gateway.tls_key is not None:
        tls = build_server_context(settings.gateway.tls_certificate, settings.gateway.tls_key)
    return Worker(
        keys, gateway, server, upstreams, meters, journal, policy, states, counters, resting, Endings(gateway), tls
    )
