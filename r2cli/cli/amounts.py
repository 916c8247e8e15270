"""Videos and names as people type them; times and numbers are in `amounts` of the ground floor."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.errors import UnreadableInputError

if TYPE_CHECKING:
    from r2cli.video.cutting.names import NamedSpan

_LINK = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://\S", re.IGNORECASE)
_LONGEST = 40
"""Characters of a value that are repeated."""


def read_naming(template: str) -> Callable[[NamedSpan], str]:
    """How clips are to be called.

    Raises:
        ValueError: It makes no sense.
    """
    from r2cli.video.cutting.names import NAME_FIELDS, read_name

    try:
        return read_name(template)
    except ValueError as error:
        fields = ", ".join(f"{{{field}}}" for field in NAME_FIELDS)
        raise ValueError(f"{template[:_LONGEST]!r} names no clips ({error}); there are {fields}") from error


def read_video(text: str) -> Path:
    """The path of a video.

    Raises:
        UnreadableInputError: It is a link. A path would not keep its two slashes.
    """
    if _LINK.match(text):
        raise UnreadableInputError(f"{text} is a link", "download it first (yt-dlp can), then name the file")
    return Path(text)
