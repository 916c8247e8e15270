"""What a program writes to a terminal."""

from __future__ import annotations

import os


def read_to_end(reader: int) -> bytes:
    """Everything that comes out of a terminal until its other end closes; then this one is closed too."""
    said = b""
    while True:
        try:
            part = os.read(reader, 65536)
        except OSError:  # how Linux reports that the other end has closed
            break
        if not part:
            break
        said += part
    os.close(reader)
    return said
