"""A ZIP written by hand, whose headers say something else than its data."""

import struct
import zlib


def lying(compressed: bytes, name: str, told: int) -> bytes:
    """One deflated file whose headers say that it is ``told`` bytes when it is unpacked."""
    path, crc = name.encode(), zlib.crc32(b"")
    sizes = struct.pack("<III", crc, len(compressed), told)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", len(path), 0) + path
    head = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    central = head + struct.pack("<HHHHHII", len(path), 0, 0, 0, 0, 0, 0) + path
    at = len(local) + len(compressed)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), at, 0)
    return local + compressed + central + end
