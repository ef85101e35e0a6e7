"""Where an upstream connection is. Only the connection itself moves from one state to the next."""

from enum import IntEnum


class State(IntEnum):
    """Where a connection is in the life of a request."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    DONE = 3
    TUNNEL = 4
    CLOSED = 5
