"""Where the chunks of a relayed body go: through its tap, if it has one, to the caller.

A read that is exactly one chunk with its frame, as an event of a stream nearly always comes, travels on in that very
frame when the tap leaves it as it is: nothing is decoded, joined or framed anew. These functions run for every event,
so that they hold what they need as names of their own.
"""

from collections.abc import Callable

from tollway.edge.flow import CallerFlow
from tollway.gateway.ports import Exchange, Tap
from tollway.wire.chunked import known_totals, read_whole_chunk


def through(tap: Tap, exchange: Exchange) -> Callable[[bytes], None]:
    """Return what takes chunks without their frames."""
    feed, write = tap.feed, exchange.write

    def sink(chunk: bytes) -> None:
        seen = feed(chunk)
        if seen:
            write(seen)

    return sink


def framed(exchange: CallerFlow) -> Callable[[bytes], bool]:
    """Return what takes reads that are exactly one chunk; False, and nothing was done, when one is anything else."""
    write_framed = exchange.write_framed

    def sink(data: bytes) -> bool:
        chunk = read_whole_chunk(data)
        if chunk is None:
            return False
        write_framed(chunk, data)
        return True

    return sink


def framed_through(tap: Tap, exchange: CallerFlow) -> Callable[[bytes], bool]:
    """As `framed`, but the tap sees each chunk before."""
    feed, write, write_framed, totals = tap.feed, exchange.write, exchange.write_framed, known_totals

    def sink(data: bytes) -> bool:
        at = data.find(b"\r\n")
        if totals.get(data[:at]) == len(data) and data.endswith(b"\r\n"):
            # As read_whole_chunk, for a size line that it knows: a call less for each event.
            chunk = data[at + 2 : -2]
        elif (whole := read_whole_chunk(data)) is not None:
            chunk = whole
        else:
            return False
        seen = feed(chunk)
        if seen is chunk:
            write_framed(chunk, data)
        elif seen:
            write(seen)
        return True

    return sink
