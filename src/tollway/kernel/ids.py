"""Identifiers.

Management objects have `<prefix>_<16 base62>`; request ids are `req_` + 24 base62 characters
that sort by time. Ids are public: knowing one grants nothing.
"""

import secrets

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

APPLICATION = "app"
TEAM = "team"
PROVIDER = "prov"
SERVICE = "svc"
USER = "user"
SERVICE_ACCOUNT = "sva"
ROLE = "role"
SESSION = "sess"
PASSKEY = "pkey"
LIMIT = "lim"
BUDGET = "bud"
PROCESS = "proc"
WEBHOOK = "hook"
DELIVERY = "msg"
EVENT = "evt"
PLAN = "plan"
TOP_UP = "top"
JOB = "job"
ROTATION = "rot"
ALERT = "alrt"
LETTER = "let"

_COUNT_MAX = 62**5
_SPAN_NS = 62**6
_PAIRS = [a + b for a in BASE62 for b in BASE62]


def new_id(prefix: str) -> str:
    """Return a fresh random id of 95 bits with the given prefix."""
    return f"{prefix}_{random_base62(16)}"


def random_base62(length: int) -> str:
    """Return `length` uniformly random Base62 characters from the system's generator."""
    return "".join(secrets.choice(BASE62) for _ in range(length))


def encode_base62(number: int, width: int) -> str:
    """Write a non-negative number in Base62, zero-padded to `width` characters. ValueError when it does not fit."""
    parts: list[str] = []
    for _ in range(width // 2):
        number, pair = divmod(number, 3844)
        parts.append(_PAIRS[pair])
    if width % 2:
        number, digit = divmod(number, 62)
        parts.append(BASE62[digit])
    if number:
        raise ValueError(f"number does not fit in {width} Base62 characters")
    return "".join(reversed(parts))


class RequestIds:
    """Makes request ids: 11 characters of time, then a per-process random part and a counter.

    Unique within a process by the counter and across processes by 48 random bits; sorted by time to the
    millisecond, within it by the counter of a process. Costs well under a microsecond, since each request has one.
    """

    __slots__ = ("_count", "_millisecond", "_prefix", "_process", "_span", "_span_text", "_time")

    def __init__(self) -> None:
        self._process = random_base62(8)
        self._count = 0
        self._millisecond = -1
        self._span = -1
        """The five characters of time that hold for nearly a minute."""
        self._span_text = ""
        self._prefix = ""
        self._time = ""

    def new(self, now_ns: int) -> str:
        """Return the id of a request accepted at `now_ns`."""
        count = self._count = (self._count + 1) % _COUNT_MAX
        low = count % 3844
        millisecond = now_ns // 1_000_000
        if low == 0 or millisecond != self._millisecond:
            self._begin(millisecond, count // 3844)
        return self._prefix + _PAIRS[low]

    def _begin(self, millisecond: int, high: int) -> None:
        """Make what the ids of this millisecond have in common, until the count's last two digits have run out."""
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            span, rest = divmod(millisecond * 1_000_000, _SPAN_NS)
            if span != self._span:
                self._span = span
                self._span_text = f"req_{encode_base62(span, 5)}"
            rest, third = divmod(rest, 3844)
            first, second = divmod(rest, 3844)
            self._time = f"{self._span_text}{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{self._process}"
        self._prefix = f"{self._time}{BASE62[high // 3844]}{_PAIRS[high % 3844]}"
