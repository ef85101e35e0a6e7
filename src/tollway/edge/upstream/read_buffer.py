"""Where the loop reads what upstreams answer."""

READ_BYTES_MAX = 65_536


class ReadBuffer:
    """One buffer for all connections of a loop, since each read is parsed at once."""

    __slots__ = ("raw", "view")

    def __init__(self) -> None:
        self.raw = bytearray(READ_BYTES_MAX)
        self.view = memoryview(self.raw)
