"""What the stand-in console answers about calls: sums, savings and single calls."""

from datetime import UTC, datetime, timedelta

import facts
from aiohttp import web
from facts import Json

STEP = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class FigureReads:
    """Figures over time; none before the first call."""

    is_fresh: bool
    is_called: bool

    def read_usage(self, _rest: str, request: web.Request) -> Json:
        if not self.is_called:
            return {"items": [], "resolution": "minute", "is_cut": False}
        return usage(request)

    def read_usage_csv(self, _rest: str, _request: web.Request) -> web.Response:
        return web.Response(text="calls\n1\n", content_type="text/csv")

    def read_savings(self, _rest: str, request: web.Request) -> Json:
        since, until = (datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        cached = 0 if self.is_fresh else round((until - since).total_seconds() * 66)
        return {
            "saved_usd": f"{cached * 0.6 / 1e6:.9f}",
            "cached_input_tokens": cached,
            "unpriced_cached_input_tokens": cached // 25,
        }

    def read_calls(self, rest: str, request: web.Request) -> Json | None:
        if rest:
            number = rest.removeprefix("req_")
            return facts.call(facts.now() - timedelta(minutes=3), int(number)) if number.isdigit() else None
        if not self.is_called:
            return {"items": [], "next_cursor": None}
        at = int(request.query.get("cursor", 0))
        size = int(request.query.get("limit", 50))
        newest = int(facts.now().timestamp()) // 60 * 60
        items = [
            facts.call(datetime.fromtimestamp(newest - 7 * n, UTC), newest // 60 * 1000 - n)
            for n in range(at, at + size)
        ]
        for name, field in (
            ("model", "model"),
            ("token", "token_id"),
            ("outcome", "outcome"),
            ("provider", "provider_id"),
        ):
            if wanted := request.query.get(name):
                items = [item for item in items if item[field] == wanted]
        return {"items": items, "next_cursor": str(at + size) if at < 400 else None}


def usage(request: web.Request) -> Json:
    """Return sums over the time asked for, grouped as asked."""
    since = datetime.fromisoformat(request.query["since"])
    until = datetime.fromisoformat(request.query["until"])
    by = [name for name in request.query.get("by", "").split(",") if name]
    interval = request.query.get("interval")
    part = 1.0
    for dimension in ("model", "token", "service", "provider", "application"):
        if wanted := request.query.get(dimension):
            part *= facts.shares(dimension).get(wanted, 0)
    rows: list[Json] = []
    starts: list[tuple[datetime | None, float]] = []
    if interval:
        step, at = STEP[interval], since
        while at < min(until, facts.now()):
            starts.append((at, facts.load(at) * step.total_seconds() / 60))
            at += step
    else:
        starts = [(None, facts.load(since) * (min(until, facts.now()) - since).total_seconds() / 60)]
    groups: list[tuple[dict[str, str], float]] = [({}, part)]
    for dimension in by:
        groups = [
            ({**keys, dimension: key}, share * own)
            for keys, share in groups
            for key, own in facts.shares(dimension).items()
        ]
    for start, calls in starts:
        for index, (keys, share) in enumerate(groups):
            if calls * share >= 0.5:
                seed = int((start or since).timestamp()) + index * 7
                rows.append(facts.usage_row(keys, start, calls=calls * share, seed=seed))
    return {"items": rows, "resolution": interval or "minute", "is_cut": False}
