"""Where everything is in the meters file. All positions are in 8-byte words of the machine's own order.

The file is sparse: header, process slots, heads and bodies of reservation rows, cells (budgets and slots),
rate cells. Only pages that were used take memory or disk. Each word is stored by one machine store and
stores stay in order, so that a process killed at any instant leaves a prefix of what it was writing.
"""

import hashlib
import struct

import msgspec

MAGIC = int.from_bytes(b"tollwaym", "little") & 0x7FFF_FFFF_FFFF_FFFF
VERSION = 1
WORD = 8
HEADER = struct.Struct("=qqqqqqq32s")
HEADER_WORDS = 512
SEEDED = 6
"""Word of the header: 1 once budgets were rebuilt after the machine's start."""

# A process slot: whether it was taken, and how many of its rows were ever used.
PROCESS_WORDS = 8
STATE, ROWS_USED = 0, 1

# A row's body: the amount reserved, then (place, stamp) of each thing held; its head counts these, 0 is free.
ROW_WORDS = 32
HELD_MAX = 15

# A cell of a budget (two period records) or of slots in flight.
CELL_WORDS = 16
STRIPE, IN_FLIGHT, EXPIRES = 2, 3, 4
FIRST_RECORD, SECOND_RECORD = 5, 8
# In a period record.
STAMP, SPENT, RESERVED = 0, 1, 2

# A rate cell: the last bucket, the sum of the ring, and the ring as 111 numbers of 4 bytes.
RATE_WORDS = 64
LENGTH, LAST, TOTAL, RING = 3, 4, 5, 8


class Layout(msgspec.Struct, frozen=True):
    """Sizes chosen when the file is made; cells and rates are powers of two.

    The defaults serve 1,000,000 owners with a budget and a request limit each (about 2 GiB of address space),
    64 processes at once, each with 32,768 calls in flight.
    """

    cells: int = 2**21
    rates: int = 2**21
    processes: int = 64
    rows: int = 2**15

    @property
    def process_at(self) -> int:
        """Word of the first process slot."""
        return HEADER_WORDS

    @property
    def heads_at(self) -> int:
        """Word of the first row head."""
        return self.process_at + self.processes * PROCESS_WORDS

    @property
    def bodies_at(self) -> int:
        """Word of the first row body."""
        return self.heads_at + self.processes * self.rows

    @property
    def cells_at(self) -> int:
        """Word of the first cell."""
        return _page(self.bodies_at + self.processes * self.rows * ROW_WORDS)

    @property
    def rates_at(self) -> int:
        """Word of the first rate cell."""
        return _page(self.cells_at + self.cells * CELL_WORDS)

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return (self.rates_at + self.rates * RATE_WORDS) * WORD

    def header(self, boot_id: str) -> bytes:
        """Return the header of a fresh file of this layout, made in the given boot of the machine."""
        return HEADER.pack(MAGIC, VERSION, self.cells, self.rates, self.processes, self.rows, 0, boot_digest(boot_id))


def read_header(raw: bytes, boot_id: str) -> Layout | None:
    """Return the layout of a file whose counts can be trusted: of this version and this boot. Else None."""
    if len(raw) < HEADER.size:
        return None
    magic, version, cells, rates, processes, rows, _, digest = HEADER.unpack_from(raw)
    if (magic, version, digest) != (MAGIC, VERSION, boot_digest(boot_id)):
        return None
    return Layout(cells, rates, processes, rows)


def boot_digest(boot_id: str) -> bytes:
    """Return 32 bytes that stand for one boot of the machine."""
    return hashlib.sha256(boot_id.encode()).digest()


def _page(words: int) -> int:
    return -(-words // HEADER_WORDS) * HEADER_WORDS
