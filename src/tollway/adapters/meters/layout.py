"""Where everything is in the meters file. All positions are in 8-byte words of the machine's own order.

The file is sparse: header, process slots, heads and bodies of reservation rows, cells (periods and slots), rings of
calls, rings of amounts. Only pages that were used take memory or disk. Each word is stored by one machine store and
stores stay in order, so that a process killed at any instant leaves a prefix of what it was writing.
"""

import hashlib
import struct

import msgspec

MAGIC = int.from_bytes(b"tollwaym", "little") & 0x7FFF_FFFF_FFFF_FFFF
VERSION = 3
"""Raised with every change of the layout: a file of another version is made anew, and seeded as after a power loss."""
WORD = 8
HEADER = struct.Struct("=qqqqqqqq32s")
HEADER_WORDS = 512
SEEDED = 7
"""Word of the header: 1 once budgets were rebuilt after the machine's start."""
TAKEN = 16
"""Word of the header that changes whenever a cell is taken from its key, so that places found before hold no longer."""

# A process slot: whether it was taken, and how many of its rows were ever used.
PROCESS_WORDS = 8
STATE, ROWS_USED = 0, 1

# A row's body: (tag and place, amount) of each thing held; its head counts these, 0 is free. The place is the word that
# counts what is held; the tag says what it is part of: slots, a ring, or a period's record of that generation.
ROW_WORDS = 128
HELD_MAX = 64
PLACE_BITS = 40
PLACE_MASK = 2**PLACE_BITS - 1
SLOTS_TAG, RING_TAG, FIRST_GENERATION = 0, 1, 2

# The row of a lease has this mark in its head. Its things come first, like a call's. Then come what is left of each
# unit, the units of the things (three bits each), what TAKEN said, and in how many places calls were counted ahead;
# then these: tag and place, bucket, length of a bucket.
LEASE_MARK = 2**20
LEASE_THINGS_MAX = 20
LEASE_REST, LEASE_UNITS, LEASE_TAKEN, LEASE_COUNTED, LEASE_COUNTS = 64, 70, 71, 72, 73
UNIT_BITS = 3
UNIT_MASK = 2**UNIT_BITS - 1
COUNTED_WORDS = 3
COUNTED_MAX = 16

# In a cell that does not count slots: 1 once its count went on elsewhere, since its limit was edited, though calls in
# flight still settle in it.
RING_MOVED, CELL_MOVED = 7, 15

# A cell of slots in flight, or of two period records and what kind of period they are of. The unused word is always 0.
CELL_WORDS = 16
STRIPE, IN_FLIGHT, EXPIRES, SPAN = 2, 3, 4, 5
FIRST_RECORD, SECOND_RECORD, UNUSED = 6, 10, 14
# In a period record. Its generation changes when it is begun afresh, and does not when it is carried into another kind
# of period.
STAMP, SPENT, RESERVED, GENERATION = 0, 1, 2, 3

# A ring: how long a bucket is, the last bucket, the sum of the ring, what is reserved (of calls always 0); then 111
# numbers, of 4 bytes for calls and of 8 for amounts.
LENGTH, LAST, TOTAL, RING_RESERVED = 3, 4, 5, 6
CALLS_RING, CALLS_WORDS = 8, 64
AMOUNTS_RING, AMOUNTS_WORDS = 16, 128


class Layout(msgspec.Struct, frozen=True):
    """Sizes chosen when the file is made; cells, rates and amounts are powers of two.

    The defaults serve 1,000,000 owners with a budget, a request limit and a token limit each (about 5 GiB of address
    space), 64 processes at once, each with 32,768 calls in flight.
    """

    cells: int = 2**21
    rates: int = 2**21
    amounts: int = 2**20
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
        """Word of the first ring of calls."""
        return _page(self.cells_at + self.cells * CELL_WORDS)

    @property
    def amounts_at(self) -> int:
        """Word of the first ring of amounts."""
        return _page(self.rates_at + self.rates * CALLS_WORDS)

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return (self.amounts_at + self.amounts * AMOUNTS_WORDS) * WORD

    def header(self, boot_id: str) -> bytes:
        """Return the header of a fresh file of this layout, made in the given boot of the machine."""
        sizes = self.cells, self.rates, self.amounts, self.processes, self.rows
        return HEADER.pack(MAGIC, VERSION, *sizes, 0, boot_digest(boot_id))


def read_header(raw: bytes, boot_id: str) -> Layout | None:
    """Return the layout of a file whose counts can be trusted: of this version and this boot. Else None."""
    if len(raw) < HEADER.size:
        return None
    magic, version, *sizes, _, digest = HEADER.unpack_from(raw)
    if (magic, version, digest) != (MAGIC, VERSION, boot_digest(boot_id)):
        return None
    return Layout(*sizes)


def boot_digest(boot_id: str) -> bytes:
    """Return 32 bytes that stand for one boot of the machine."""
    return hashlib.sha256(boot_id.encode()).digest()


def _page(words: int) -> int:
    return -(-words // HEADER_WORDS) * HEADER_WORDS
