"""Where the loop reads what upstreams answer."""

READ_BYTES_MAX = 65_536
_START = b"HTTP/1."


class ReadBuffer:
    """One buffer for all connections of a loop, since each read is parsed at once."""

    __slots__ = ("raw", "view")

    def __init__(self) -> None:
        self.raw = bytearray(READ_BYTES_MAX)
        self.view = memoryview(self.raw)

    def goes_on_well(self, have: int, nbytes: int) -> bool:
        """Whether a head of which `have` bytes came before still begins as HTTP/1 does with these `nbytes`."""
        return self.raw.startswith(_START[have : have + nbytes])

    def ends_well(self, nbytes: int) -> bool:
        """Whether what was read ends with one empty line, and not with two: a body in chunks ends so."""
        tail = bytes(self.view[max(0, nbytes - 6) : nbytes])
        if nbytes < 4:
            return b"\r\n\r\n".endswith(tail)
        return tail.endswith(b"\r\n\r\n") and not tail.endswith(b"\n\r\n\r\n")
