"""Findings that were saved, read for the commands that work on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.cutting import OnFailure
from r2cli.cli.inputs import STANDARD_INPUT, name_of, read_whole
from r2cli.errors import UnreadableInputError
from r2cli.export.json.saved import read_json
from r2cli.findings import Findings, ranked

if TYPE_CHECKING:
    from r2cli.export.document import Document
    from r2cli.video import VideoInfo

_LARGEST_FILE = 256_000_000
"""Bytes; more than a year of film needs."""
_OTHER_VIDEO = 1.0
"""Seconds by which a video may have changed its length since it was searched."""
_HINT = "save findings with: r2 find VIDEO QUERY --json > findings.json"


def require_video(path: Path, document: Document) -> None:
    """See that a video of a document is there; a relative path is explained.

    Raises:
        UnreadableInputError: It is not.
    """
    if path.is_absolute() or document.locate(path) is not None:
        return
    places = [Path.cwd(), *([] if document.folder is None else [document.folder.absolute()])]
    raise UnreadableInputError(
        f"{path}: there is no such file in {' or '.join(dict.fromkeys(map(str, places)))}",
        "go to the folder in which it was searched, or put the findings there",
    )


def read_document(file: Path) -> Document:
    """Read what `--json` wrote.

    Args:
        file: Which; `-` is standard input.

    Raises:
        UnreadableInputError: It cannot be read, or holds something else.
    """
    content = read_whole(file, largest=_LARGEST_FILE, what="findings", hint=_HINT)
    folder = None if file == STANDARD_INPUT else file.parent
    return read_json(content.decode("utf-8-sig", errors="replace"), name_of(file), folder)


def probe_saved(
    document: Document,
    saved: Sequence[Findings],
    on_failure: OnFailure,
    talk: Talk,
    *,
    ranks: frozenset[int] | None = None,
) -> dict[Path, VideoInfo]:
    """Look into the videos of saved findings, before they are cut.

    Args:
        document: Where they were read from.
        saved: The findings, with paths that are true in the current folder.
        on_failure: Is told which video cannot be read, and why.
        talk: For notes: one that has changed its length shows something else.
        ranks: Only of moments of these places in the ranking of all; None: of all.
    """
    from r2cli.tasks.open_video import open_video
    from r2cli.video import DamagedVideoWarning

    used = {
        found.video.path: found
        for rank, (_, found) in enumerate(ranked(saved), start=1)
        if ranks is None or rank in ranks
    }
    videos = {}
    with warnings_as_notes(DamagedVideoWarning, talk):
        for path, found in used.items():
            try:
                require_video(path, document)
                videos[path] = open_video(path)
            except UnreadableInputError as error:
                on_failure(path, error)
                continue
            if abs(videos[path].duration - found.video.duration) > _OTHER_VIDEO:
                talk.note(f"{path}: its length has changed since it was searched; the clips may show something else")
    return videos
