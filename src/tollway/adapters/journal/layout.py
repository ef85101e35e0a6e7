"""The bytes of a journal file, shared by writer and reader.

A file is a 24-byte header (magic, version, salt, end) and then frames: u32 length, u32 CRC-32, MessagePack of one
record of contract/records.py. The CRC starts from the file's random salt, so that nothing a caller can put
into a record passes for a frame when a damaged file is searched for the next good one. After the last frame there
are zeros: room that was allocated ahead. `end` is where they begin while the writer lives; after its death only the
frames count, since power loss may keep other pages than the header's. Little-endian.
"""

import struct

MAGIC = b"tollway-j"
VERSION = 2
HEADER = struct.Struct("<9sBxxIQ")
END = struct.Struct("<Q")
END_AT = 16
FRAME = struct.Struct("<II")
RECORD_BYTES_MAX = 4 * 1024 * 1024
SUFFIX = ".twj"
UNFINISHED_SUFFIX = ".twj-new"
"""A file that is not locked yet; it gets its real name once it is."""
