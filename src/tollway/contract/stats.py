"""Counters of a worker, shared with the console through a small mapped file.

`run/stats-<n>.mm`: 8 bytes magic, 8 bytes process id, then one unsigned 64-bit counter per name, native order.
Each living worker holds a file of its own by `flock`; the next one goes on where it ended, so that sums never fall.
The worker adds without locks; a reader may see a call half counted, never a damaged number. A call is in flight until
it is counted, which is after its answer: once `requests_in_flight` was seen at 0, the totals hold every call before.
"""

import struct

MAGIC = b"TWSTATS1"
HEADER = struct.Struct("=8sQ")

NAMES: tuple[tuple[str, str, str], ...] = (
    ("requests_total", "counter", "requests answered"),
    ("requests_2xx_total", "counter", "answers with a status from 200 to 299"),
    ("requests_4xx_total", "counter", "answers with a status from 400 to 499"),
    ("requests_5xx_total", "counter", "answers with a status from 500 to 599"),
    ("requests_refused_total", "counter", "requests refused before dispatch"),
    ("requests_in_flight", "gauge", "requests that have begun and are not in the totals yet"),
    ("connections_open", "gauge", "connections from callers"),
    ("upstream_attempts_total", "counter", "requests sent to upstreams"),
    ("upstream_failures_total", "counter", "attempts that brought no answer"),
    ("input_tokens_total", "counter", "input tokens of finished calls"),
    ("output_tokens_total", "counter", "output tokens of finished calls"),
    ("cost_nanos_total", "counter", "cost of finished calls in nano-USD"),
    ("overhead_microseconds_total", "counter", "time spent in the gateway itself"),
    ("disconnects_total", "counter", "callers that left before their answer was complete"),
    ("truncated_total", "counter", "answers that an upstream cut"),
)

INDEX: dict[str, int] = {name: at for at, (name, _, _) in enumerate(NAMES)}
FILE_BYTES = HEADER.size + 8 * len(NAMES)
