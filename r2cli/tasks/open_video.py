"""What a video file holds, looked at once."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cache import known_probe, remember_probe

if TYPE_CHECKING:
    from r2cli.video.probe import VideoInfo

_LOG = logging.getLogger(__name__)


def open_video(path: str | Path) -> VideoInfo:
    """What a video file holds, as `video.probe` says; remembered for as long as the file does not change.

    Raises:
        UnreadableInputError: As `probe` does.

    Warns:
        DamagedVideoWarning: As `probe` does.
    """
    if known := known_probe(Path(path)):
        info, notes = known
    else:
        from r2cli.video.probe import probe

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            info = probe(path)
        notes = tuple(str(warning.message) for warning in caught)
        remember_probe(info, notes)
    _LOG.debug("%s: %s, %.3f s, looked into %s", path, info.container, info.duration, "before" if known else "now")
    for note in notes:
        from r2cli.video.probe import DamagedVideoWarning

        warnings.warn(note, DamagedVideoWarning, stacklevel=2)
    return info
