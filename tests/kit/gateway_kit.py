"""A worker's pipeline on stand-ins: memory instead of files, scripts instead of sockets, a clock that stands still."""

import asyncio
import hashlib
import hmac

from tollway.adapters.sandbox_transport import build_any_destination
from tollway.contract import policy, records
from tollway.contract.policy import (
    VERSION,
    ApplicationRecord,
    Candidate,
    DatedPrice,
    Limits,
    ModelRecord,
    Price,
    ProviderRecord,
    SealedKey,
    ServiceRecord,
    Snapshot,
    TokenRecord,
    UnitPrice,
    Upstream,
)
from tollway.contract.stats import NAMES
from tollway.gateway.context import Bounds, Gateway
from tollway.gateway.pipeline import handle
from tollway.gateway.ports import RequestHead
from tollway.gateway.room import COST, Hold, NoRoom
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.policy.token import generate_token, parse_token

PEPPER = b"p" * 32
PRICE = Price(source="test", input=UnitPrice(150_000_000_000), output=UnitPrice(600_000_000_000))
CHAT = "/v1/chat/completions"


class MemoryPolicy:
    """A policy store in a dictionary; also its view."""

    def __init__(self):
        self.revision = 0
        self.tokens = {}
        self.applications = {}
        self.raw = None
        self.commit = 1
        self.is_down = False
        self._seen = None

    def view(self):
        if self.is_down:
            raise TollwayError("gateway.policy_unavailable")
        stored = dict(self.tokens), dict(self.applications), self.raw, self.revision
        if stored != self._seen:
            self._seen = stored
            self.commit += 1
        return self

    def find_token(self, token_id):
        return self.tokens.get(token_id)

    def find_application(self, application_id):
        return self.applications.get(application_id)

    def snapshot(self):
        return self.raw


class MemoryMeters:
    """Grants everything up to `budget_nanos`; remembers what was asked."""

    def __init__(self):
        self.budget_nanos = 10**15
        self.refuses = None
        self.settled = []
        self.used = []
        self.asked = []
        self.left = {}
        """What limits of these names have left."""
        self.open = 0

    def admit(self, claims, want, floor):
        self.asked.append((claims, want, floor))
        if self.refuses is not None:
            claim = claims.every[0] if self.refuses is True else self.refuses
            return NoRoom(claim, 7.2, self.budget_nanos, claim.limit)
        if floor[COST] > self.budget_nanos:
            claim = next(claim for claim in claims.every if claim.unit == COST)
            return NoRoom(claim, 60.0, self.budget_nanos, claim.limit)
        for claim in claims.every:
            left = self.left.get(claim.name)
            if left is not None and left < floor[claim.unit]:
                return NoRoom(claim, 5.0, left, claim.limit)
            if left is not None and left < want[claim.unit]:
                want = (*want[: claim.unit], left, *want[claim.unit + 1 :])
        self.open += 1
        granted = (min(want[COST], self.budget_nanos), *want[1:])
        charged = [claim for claim in claims.others if claim.is_charged]
        charges = tuple(records.Charge(claim.owner_id, claim.charge_id, 0, granted[claim.unit]) for claim in charged)
        left = [claim.limit - granted[claim.unit] for claim in claims.every]
        return Hold(1, claims, granted, charges, left)

    def settle(self, hold, used):
        if hold.is_open:
            hold.is_open = False
            self.open -= 1
            self.used.append(used)
            self.settled.append(used[COST])
        return hold.charge(used)


class MemoryJournal:
    """Records in a list."""

    def __init__(self):
        self.records = []
        self.is_full = False

    def append(self, record):
        if self.is_full:
            raise TollwayError("gateway.journal_unavailable")
        self.records.append(records.decode(records.encode(record)))

    @property
    def closed(self):
        return [record for record in self.records if isinstance(record, records.CloseRecord)]

    @property
    def opened(self):
        return [record for record in self.records if isinstance(record, records.OpenRecord)]


class ScriptedAnswer:
    """An upstream's answer from a script. Its body is there at once unless it `is_late` or does not come."""

    def __init__(self, status=200, body=b"{}", headers=(), chunks=None, error=None, hang=False, is_late=False):
        self.status = status
        self.headers = [(b"content-type", b"application/json"), *headers]
        if chunks is not None:
            self.headers[0] = (b"content-type", b"text/event-stream")
        self.facts = []
        self._body, self._chunks, self._error, self._hang, self._is_late = body, chunks, error, hang, is_late
        self.is_closed = False

    def take_whole(self, bytes_max):
        return None if self._is_late or self._hang or self._error else self._body

    async def read(self, bytes_max):
        if self._hang:
            await asyncio.sleep(3600)
        if self._error:
            raise TollwayError(self._error)
        return self._body

    async def relay(self, exchange, tap):
        for chunk in self._chunks if self._chunks is not None else [self._body]:
            out = chunk if tap is None else tap.feed(chunk)
            if out:
                exchange.write(out)
            await asyncio.sleep(0)
        if self._hang:
            await asyncio.sleep(3600)
        last = b"" if tap is None else tap.finish(self._error)
        if last:
            exchange.write(last)
        return self._error

    async def tunnel(self, exchange):
        return 3, 4

    def close(self):
        self.is_closed = True


class ScriptedBegun(ScriptedAnswer):
    """An answer whose head is still to come: at once, never (None), or in vain (an error code)."""

    def __init__(self, step):
        super().__init__(0)
        self.coming = asyncio.get_running_loop().create_future()
        self._step = step
        if step is not None:
            asyncio.get_running_loop().call_soon(self._come)

    def failure(self):
        return TollwayError(self._step)

    def _come(self):
        if not isinstance(self._step, str):
            vars(self).update(vars(self._step) | {"coming": self.coming})
        if not self.coming.done():
            self.coming.set_result(None)


class ScriptedUpstreams:
    """Answers in turn; an error code in the script is raised instead. `has_idle`: over connections that lie idle."""

    has_idle = False

    def __init__(self, *script):
        self.script = list(script)
        self.sent = []
        self.begun = []

    def begin(self, destination, target, lines, own_lines, body):
        if not self.has_idle:
            return None
        fields = dict(line.split(b": ", 1) for line in (lines + own_lines).split(b"\r\n") if line)
        self.sent.append((destination, "POST", target, fields, body))
        self.begun.append(ScriptedBegun(self.script.pop(0) if len(self.script) > 1 else self.script[0]))
        return self.begun[-1]

    async def send(self, destination, *, method, target, headers, body, lines=b""):
        fields = dict(headers) | dict(line.split(b": ", 1) for line in lines.split(b"\r\n") if line)
        self.sent.append((destination, method, target, fields, body))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, str):
            raise TollwayError(step)
        if step is None:
            await asyncio.sleep(3600)
        return step

    def keep(self, destinations):
        pass


class MemoryExchange:
    """A caller with a body, who keeps what it is answered."""

    def __init__(self, head, body=b""):
        self.head = head
        self.body = body
        self.accepted_ns = 0
        self.bytes_sent = 0
        self.bytes_received = len(body)
        self.has_started = False
        self.status = None
        self.headers = []
        self.answer = b""
        self.is_finished = self.is_aborted = False

    def take_body(self, bytes_max):
        if len(self.body) > bytes_max:
            raise TollwayError("request.body_too_large")
        return self.body

    async def read_body(self, bytes_max):
        return self.take_body(bytes_max)

    def respond(self, status, headers, body, lines=b""):
        assert not self.has_started
        self.start(status, headers, len(body), lines)
        self.write(body)
        self.finish()

    def start(self, status, headers, body_bytes, lines=b""):
        self.has_started = True
        self.status, self.headers = status, list(headers)
        self.headers += [tuple(line.split(b": ", 1)) for line in lines.split(b"\r\n") if line]

    def write(self, chunk):
        self.answer += chunk
        self.bytes_sent += len(chunk)

    def finish(self):
        self.is_finished = True

    def abort(self):
        self.is_aborted = True

    def header(self, name):
        return dict(self.headers).get(name.encode(), b"").decode()


class MemoryStates:
    """Kept responses in a dictionary, by owner and id."""

    def __init__(self):
        self.kept = {}
        self.items = {}
        self.is_down = False

    def put_soon(self, owner, state, item_ids=()):
        self.kept[owner, state.id] = state
        self.items |= {(owner, item_id): state for item_id in item_ids}
        return True

    async def put(self, owner, state, item_ids=()):
        if self.is_down:
            raise TollwayError("gateway.states_unavailable")
        return self.put_soon(owner, state, item_ids)

    def find(self, owner, response_id):
        if self.is_down:
            raise TollwayError("gateway.states_unavailable")
        return self.kept.get((owner, response_id))

    def find_by_item(self, owner, item_id):
        return self.items.get((owner, item_id))

    async def find_patiently(self, owner, response_id):
        return self.find(owner, response_id)

    async def find_items_patiently(self, owner, item_ids):
        return {item_id: state for item_id in item_ids if (state := self.find_by_item(owner, item_id)) is not None}

    async def delete(self, owner, response_id):
        return self.kept.pop((owner, response_id), None) is not None

    def sweep_soon(self):
        pass


class Box:
    """Seals nothing."""

    def open(self, sealed, aad):
        return sealed


class Hasher:
    """One pepper."""

    def mac(self, token, pepper_version):
        return hmac.digest(PEPPER, token, "sha256") if pepper_version == 1 else None


class Rig:
    """A gateway, and what a test needs to set it up."""

    def __init__(self, *script, bounds=None):
        self.policy = MemoryPolicy()
        self.meters = MemoryMeters()
        self.journal = MemoryJournal()
        self.upstreams = ScriptedUpstreams(*(script or (ScriptedAnswer(),)))
        self.clock = FixedClock()
        self.states = MemoryStates()
        self.gateway = Gateway(
            policy=self.policy,
            meters=self.meters,
            journal=self.journal,
            upstreams=self.upstreams,
            box=Box(),
            hasher=Hasher(),
            clock=self.clock,
            bounds=bounds or Bounds(body_bytes_max=10_000),
            build_destination=build_any_destination,
            counters=[0] * len(NAMES),
            states=self.states,
        )
        self.publish()

    def publish(self, *, models=None, services=(), keys=1, second=False, providers=None, **options):
        """Publish `gpt` (priced) and `free` (unpriced) at one provider, or at two; or what is given."""
        providers = providers or [self._provider("p1", keys)] + ([self._provider("p2", 1)] if second else [])
        if models is None:
            prices = (DatedPrice(None, PRICE),)
            candidates = tuple(Candidate(p.id, "gpt", prices, 4096) for p in providers)
            models = (
                ModelRecord("gpt", candidates),
                ModelRecord("alias", (Candidate("p1", "gpt", prices),)),
                ModelRecord("free", (Candidate("p1", "free"),)),
                ModelRecord("vendor/*", (Candidate("p1", "*"),)),
            )
        self.policy.revision += 1
        snapshot = Snapshot(
            v=VERSION,
            revision=self.policy.revision,
            published_ns=0,
            providers=tuple(providers),
            models=tuple(models),
            services=tuple(services),
            **options,
        )
        self.policy.raw = policy.encode(snapshot)

    def _provider(self, provider_id, keys):
        upstream = Upstream("https://up.example/v1")
        sealed = tuple(SealedKey(f"k{at}", b"sk-%d" % at, b"") for at in range(1, keys + 1))
        return ProviderRecord(provider_id, provider_id, "openai", "active", upstream, sealed)

    def token(self, *, owner=None, **fields):
        """Store a token record and return its secret."""
        secret = generate_token("s", hashlib.sha384(str(len(self.policy.tokens)).encode()).digest()).reveal()
        parsed = parse_token(secret)
        mac = hmac.digest(PEPPER, secret.encode(), "sha256")
        record = TokenRecord(
            v=VERSION, id=parsed.id, mac=mac, pepper_version=1, kind="s", name="t",
            **{"state": "active", "application_id": owner, **fields},
        )  # fmt: skip
        self.policy.tokens[parsed.id] = policy.encode(record)
        return secret

    def application(self, application_id="app_1", state="active", limits=None):
        """Store an application record."""
        record = ApplicationRecord(VERSION, application_id, "a", "team_1", state, limits or Limits())
        self.policy.applications[application_id] = policy.encode(record)
        return application_id

    async def call(self, path=CHAT, *, method="POST", token=None, body=b"", headers=(), query="", **head):
        """Send one request through the pipeline and return the exchange."""
        exchange = self.exchange(path, method=method, token=token, body=body, headers=headers, query=query, **head)
        await handle(exchange, self.gateway)
        return exchange

    def exchange(self, path=CHAT, *, method="POST", token=None, body=b"", headers=(), query="", **head):
        """Make the exchange of a request."""
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        if token is not None:
            fields.append((b"authorization", f"Bearer {token}".encode()))
        if body:
            fields.append((b"content-type", b"application/json"))
        defaults = {
            "is_http_1_0": False, "body_bytes": len(body), "peer": "192.0.2.1", "is_tls": False, "host": "gw",
            "websocket_key": None,
        }  # fmt: skip
        return MemoryExchange(
            RequestHead(method=method, path=path, query=query, headers=fields, **{**defaults, **head}), body
        )


def service(**fields):
    """A REST service record."""
    defaults = {
        "id": "svc_1", "name": "weather", "path_prefix": "/weather", "state": "active",
        "upstream": Upstream("https://rest.example/api"),
    }  # fmt: skip
    return ServiceRecord(**{**defaults, **fields})
