"""The bytes of a journal file, shared by writer and reader.

A file is a 16-byte header (magic, version, salt) and then frames: u32 length, u32 CRC-32, MessagePack of one
record of contract/records.py. The CRC starts from the file's random salt, so that nothing a caller can put
into a record passes for a frame when a damaged file is searched for the next good one. Little-endian.
"""

import struct

MAGIC = b"tollway-j"
VERSION = 1
HEADER = struct.Struct("<9sBxxI")
FRAME = struct.Struct("<II")
RECORD_BYTES_MAX = 4 * 1024 * 1024
SUFFIX = ".twj"
UNFINISHED_SUFFIX = ".twj-new"
"""A file that is not locked yet; it gets its real name once it is."""
