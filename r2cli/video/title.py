"""What a video is called."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from r2cli.errors import UnreadableInputError
from r2cli.video.opening import opened

_LONGEST = 200
"""Characters; more than any model reads."""


def video_title(path: Path) -> str:
    """The title that the container states, or else the file's name in words; never empty.

    Nothing in it is trusted: it is one line without control characters, of limited length.
    """
    try:
        with opened(path) as container:
            stated = _cleaned(str(container.metadata.get("title", "")))
    except UnreadableInputError:
        stated = ""
    return stated or _cleaned(re.sub(r"[\W_]+", " ", os.fsencode(path.stem).decode(errors="ignore"))) or "a video"


def _cleaned(text: str) -> str:
    printable = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(printable.split())[:_LONGEST].strip()
