"""The speed bars of docs/performance.md, side by side with bare nginx, in one run. `make bench` runs this.

Everything is on: token check, a rate limit, a budget with reserve and settle, routing, usage, price, journal, counters.
Figures are ratios to nginx on the same work; absolute times move with the machine.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench import footprint, load
from bench.rig import (
    LOAD_CORE,
    PROXY_CORE,
    Group,
    Tollway,
    file_server,
    free_port,
    nginx,
    pin,
    processes,
    proxy_server,
    running,
    static_server,
    tollway,
    wait_port,
)
from bench.texts import CHAT, MESSAGES, Bench, answer_body, message_body, provider, request_body

ROOT = Path(__file__).resolve().parent.parent


def run(bench: Bench, only: str) -> None:
    """Start everything once and take the figures."""
    with ExitStack() as stack:
        static, large, events, bare, bare_large, bare_events = (free_port() for _ in range(6))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        (folder / "large.json").write_text(answer_body(30_000))
        servers = static_server(static, {CHAT: answer_body(900), MESSAGES: message_body(900)}) + file_server(
            large, folder, "large.json"
        )
        stack.enter_context(nginx(servers, static, core=LOAD_CORE))
        emitter = stack.enter_context(running([sys.executable, "-m", "bench.event_upstream", str(events)], cwd=ROOT))
        wait_port(events)
        pin([emitter.pid], LOAD_CORE)
        plain = stack.enter_context(nginx(proxy_server(bare, static), bare, core=PROXY_CORE))
        plain_large = stack.enter_context(nginx(proxy_server(bare_large, large), bare_large, core=PROXY_CORE))
        unbuffered = stack.enter_context(nginx(proxy_server(bare_events, events, "off"), bare_events, core=PROXY_CORE))
        instance = stack.enter_context(tollway(1))
        ports = {"bench": static, "large": large, "stream": events}
        providers = [provider(name, f"http://127.0.0.1:{port}/v1") for name, port in ports.items()]
        providers.append(provider("translated", f"http://127.0.0.1:{static}/v1", "anthropic"))
        instance.apply("version: 1\nproviders:\n" + "".join(providers))
        token = instance.token("--rpm", "100000000", "--budget", "100000/month")
        group = processes(instance)
        pin({name: pid for name, pid in group.pids.items() if name.startswith("worker")}, PROXY_CORE)
        pin({name: pid for name, pid in group.pids.items() if not name.startswith("worker")}, LOAD_CORE)
        memory = group.memory_mb()
        shown = f"{memory['worker']:.0f} MB"
        bench.row("idle memory, worker", shown, "<= 60 MB", memory["worker"] <= 60, memory=memory)
        bench.row("idle memory, all (1 worker)", f"{sum(memory.values()):.0f} MB", "<= 250 MB with 2 workers",
                  sum(memory.values()) + memory["worker"] <= 250)  # fmt: skip
        steps: dict[str, Callable[[], None]] = {
            "same": lambda: same_dialect(bench, instance, group, plain, token),
            "translated": lambda: translated(bench, group, token),
            "latency": lambda: one_client(bench, group, plain, static, token),
            "rejected": lambda: rejected(bench, group),
            "stream": lambda: event_streams(bench, group, unbuffered, token),
            "large": lambda: large_bodies(bench, group, plain_large, token),
            "limits": lambda: many_limits(bench, instance, group),
        }
        for name, step in steps.items():
            if only in ("", name):
                step()


def same_dialect(bench: Bench, instance: Tollway, group: Group, plain: Group, token: str) -> None:
    """260-byte request, 900-byte answer, 64 clients; as many records as requests."""
    body = request_body("bench", 260)
    nginx_result, ours = load.in_turns(
        lambda: load.wrk(plain, CHAT, body, token, seconds=bench.seconds),
        lambda: load.wrk(group, CHAT, body, token, seconds=bench.seconds),
    )
    bench.compare("same dialect", ours, nginx_result, 3.5, 4.0)
    bench.accepted_us = ours.total_us  # type: ignore[attr-defined]
    time.sleep(2)
    usage = json.loads(instance.run("usage", "--by", "model", "--since", "1h", "--json"))
    rows = usage["items"] if isinstance(usage, dict) else usage
    recorded = sum(row["calls"] for row in rows)
    served = sum(item["requests_total"] for item in counters(instance).values())
    bench.row("journal records = requests", f"{recorded:,} of {served:,}", "equal", recorded == served)


def translated(bench: Bench, group: Group, token: str) -> None:
    """The same request answered by a provider that speaks Anthropic's dialect."""
    same, ours = load.in_turns(
        lambda: load.wrk(group, CHAT, request_body("bench", 260), token, seconds=bench.seconds),
        lambda: load.wrk(group, CHAT, request_body("translated", 260), token, seconds=bench.seconds),
    )
    ratio = ours.total_us / same.total_us
    shown = f"{ours.total_us:.1f} us = {ratio:.2f} x"
    is_met = ratio <= 2 and not ours.errors
    bench.row("translated request (OpenAI in, Anthropic out)", shown, f"<= 2 x same ({same.total_us:.1f} us)", is_met)


def counters(instance: Tollway) -> dict[str, dict[str, int]]:
    """The workers' own counters."""
    from tollway.adapters.telemetry.counters import read_counters

    return read_counters(instance.data / "run")


def one_client(bench: Bench, group: Group, plain: Group, static: int, token: str) -> None:
    """Added latency of one request at a time."""
    body = request_body("bench", 260)
    direct = min(load.latency(static, CHAT, body, token) for _ in range(2))
    bare = min(load.latency(plain.port, CHAT, body, token) for _ in range(2)) - direct
    ours = min(load.latency(group.port, CHAT, body, token) for _ in range(2)) - direct
    bar = f"<= 0.35 ms (nginx {bare * 1e3:.3f})"
    bench.row("added latency, 1 client, p50", f"{ours * 1e3:.3f} ms", bar, ours <= 35e-5)


def rejected(bench: Bench, group: Group) -> None:
    """A token that was never issued."""
    from tollway.policy.token import generate_token

    text = generate_token("s", b"\7" * 48).reveal()
    ours = load.wrk(group, CHAT, request_body("bench", 260), text, seconds=max(3, bench.seconds // 2))
    accepted = getattr(bench, "accepted_us", 0.0)
    ratio = ours.total_us / accepted if accepted else 0.0
    shown = f"{ours.total_us:.1f} us = {ratio:.2f} x"
    bench.row("rejected request (unknown token)", shown, "<= 0.5 x accepted", ratio <= 0.5)


def event_streams(bench: Bench, group: Group, unbuffered: Group, token: str) -> None:
    """300 streams of 52 events, 10 ms apart."""
    body = request_body("stream", 260, ',"stream":true,"stream_options":{"include_usage":true}')
    nginx_result, ours = load.in_turns(
        lambda: load.streams(unbuffered, CHAT, body, token, count=300),
        lambda: load.streams(group, CHAT, body, token, count=300),
    )
    bench.compare("streamed event", ours, nginx_result, 1.6, 1.6)


def large_bodies(bench: Bench, group: Group, plain: Group, token: str) -> None:
    """100 KB request with tools, 30 KB answer."""
    tools = ',"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]'
    body = request_body("large", 100_000, tools)
    nginx_result, ours = load.in_turns(
        lambda: load.wrk(plain, CHAT, body, token, seconds=bench.seconds),
        lambda: load.wrk(group, CHAT, body, token, seconds=bench.seconds),
    )
    bench.compare("100 KB request, 30 KB answer", ours, nginx_result, 3.0, 3.0)


ONE_LIMIT = ("--rpm", "100000000")
FIVE_LIMITS = (
    *("--limit", "requests=1G/1m", "--limit", "requests=1G/day", "--limit", "total_tokens=1000G/1m"),
    *("--limit", "concurrency=100000", "--limit", "bytes=1000000G/1h"),
)
THREE_BUDGETS = ("--budget", "100000/month", "--budget", "90000/day@Europe/Berlin", "--budget", "1000G tokens/week")


def many_limits(bench: Bench, instance: Tollway, group: Group) -> None:
    """Five limits and three budgets on one call, half of a token and half of its application."""
    body = request_body("bench", 260)
    application = instance.run("application", "create", "limited", *THREE_BUDGETS, "--json")
    owner = json.loads(application)["id"]
    one, many = instance.token(*ONE_LIMIT), instance.token("--application", owner, *FIVE_LIMITS)
    single, ours = load.in_turns(
        lambda: load.wrk(group, CHAT, body, one, seconds=bench.seconds),
        lambda: load.wrk(group, CHAT, body, many, seconds=bench.seconds),
    )
    ratio = ours.total_us / single.total_us
    shown = f"{ours.total_us:.1f} us = {ratio:.2f} x"
    is_met = ratio <= 1.3 and not ours.errors and not single.errors
    bench.row("five limits and three budgets", shown, f"<= 1.3 x one limit ({single.total_us:.1f} us)", is_met,
              one_us=single.cpu_us, many_us=ours.cpu_us)  # fmt: skip


def main() -> None:
    """Take the figures and write them to bench/results.json (not committed)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=6, help="length of each load")
    parser.add_argument(
        "--only",
        default="",
        help="same, translated, latency, rejected, stream, large, limits, cold, streams, tls or workers",
    )
    options = parser.parse_args()
    bench = Bench(options.seconds)
    single: dict[str, Callable[[], None]] = {
        "cold": lambda: footprint.cold_start(bench),
        "streams": lambda: footprint.open_streams(bench),
        "tls": lambda: footprint.tls_upstream(bench, options.seconds),
        "workers": lambda: footprint.workers(bench, options.seconds),
    }
    if options.only not in single:
        run(bench, options.only)
    for name, step in single.items():
        if options.only in ("", name):
            step()
    load.write_report(ROOT / "bench" / "results.json", json.dumps(bench.rows, indent=1))


if __name__ == "__main__":
    main()
