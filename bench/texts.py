"""What the bench sends, answers and prints."""

from bench.load import Result

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
PRICE = '{input_usd_per_million: "0.15", output_usd_per_million: "0.6"}'


def provider(name: str, base_url: str, kind: str = "openai-compatible") -> str:
    """A provider of one priced model that has its name, as YAML; the last line of it is open for more fields."""
    return (
        f"  - name: {name}\n    kind: {kind}\n    base_url: {base_url}\n    allow_private: true\n"
        "    credential: sk-bench\n"
        f"    models: [{{name: {name}, price: {PRICE}}}]\n"
    )


def request_body(model: str, size: int, extra: str = "") -> str:
    """A chat request of about `size` bytes."""
    head = f'{{"model":"{model}","max_tokens":100{extra},"messages":[{{"role":"user","content":"'
    return head + "x" * max(0, size - len(head) - 4) + '"}]}'


def answer_body(size: int) -> str:
    """A chat answer of about `size` bytes."""
    head = (
        '{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"bench",'
        '"choices":[{"index":0,"message":{"role":"assistant","content":"'
    )
    tail = (
        '"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":60,"completion_tokens":100,'
        '"total_tokens":160,"prompt_tokens_details":{"cached_tokens":0}}}'
    )
    return head + "x" * max(0, size - len(head) - len(tail)) + tail


def message_body(size: int) -> str:
    """An answer of Anthropic's dialect of about `size` bytes."""
    head = '{"id":"msg_1","type":"message","role":"assistant","model":"translated","content":[{"type":"text","text":"'
    tail = (
        '"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":60,'
        '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":100}}'
    )
    return head + "x" * max(0, size - len(head) - len(tail)) + tail


class Bench:
    """One run: rows are printed as they come and kept as JSON."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.rows: list[dict[str, object]] = []

    def row(self, what: str, figure: str, bar: str, is_met: bool | None = None, **facts: object) -> None:
        """Print and keep one figure."""
        mark = {True: "met", False: "NOT MET", None: ""}[is_met]
        print(f"{what:52} {figure:>26}   bar {bar:26} {mark}", flush=True)
        self.rows.append({"what": what, "figure": figure, "bar": bar, "met": is_met, **facts})

    def compare(self, what: str, ours: Result, bare: Result, worker_bar: float, all_bar: float) -> None:
        """Print the worker's and the whole group's ratio to nginx."""
        base = bare.total_us
        worker = sum(us for name, us in ours.cpu_us.items() if name.startswith("worker"))
        facts = {"nginx_us": base, "cpu_us": ours.cpu_us, "errors": ours.errors, "count": ours.count}
        shown = f"{worker:.1f} us = {worker / base:.2f} x nginx"
        is_met = worker <= worker_bar * base and not ours.errors
        self.row(f"{what}: worker", shown, f"<= {worker_bar} x nginx ({base:.1f} us)", is_met, **facts)
        shown = f"{ours.total_us:.1f} us = {ours.total_us / base:.2f} x nginx"
        self.row(f"{what}: all processes", shown, f"<= {all_bar} x nginx", ours.total_us <= all_bar * base)
        parts = ", ".join(f"{name} {us:.1f}" for name, us in sorted(ours.cpu_us.items()))
        print(f"    {parts}; {ours.count / ours.seconds:,.0f} requests/s; errors {ours.errors}", flush=True)
