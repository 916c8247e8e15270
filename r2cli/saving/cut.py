"""`r2cli.cut`: what was found, as clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from r2cli.cuts import Clip, CutMode, Pad
from r2cli.findings import Findings, ranked
from r2cli.tasks.arguments import checked
from r2cli.tasks.open_video import open_video
from r2cli.tasks.telling import OnNote, log_note

if TYPE_CHECKING:
    from r2cli.errors import UnreadableInputError


@checked
def cut(
    findings: Findings | Sequence[Findings],
    folder: str | Path,
    *,
    cut: Literal["exact", "smart", "copy"] = "exact",
    pad: float | tuple[float, float] = 0.0,
    force: bool = False,
    on_note: OnNote | None = None,
) -> list[Clip]:
    """Cut what was found out of its videos, each moment as a file.

    >>> clips = r2cli.cut(findings, "dogs", pad=1)
    >>> [(clip.path, clip.start, clip.end) for clip in clips]

    Args:
        findings: What `find`, `highlight` or `summarize` returned; or several of them.
        folder: Where the clips will be; it is made if it is missing.
        cut: How: `exact`, to the picture; `smart`, the same with as little encoded as can be; `copy`, from a keyframe.
        pad: Seconds more before and behind each moment; or a pair, so many before and so many behind.
        force: Whether files of the same names are overwritten.
        on_note: Told in a line what there is to know of how they were cut; None: it is logged, as for `find`.

    Returns:
        The clips, measured, best moment first.

    Raises:
        ArgumentError: An argument makes no sense.
        NameTakenError: There is a file of that name.
        UnreadableInputError: A video is not there any more, or cannot be cut.
        FFmpegError: FFmpeg is missing or failed.
    """
    from r2cli.video.cutting.clips import Wanted, plan_clips, write_clips

    found = [findings] if isinstance(findings, Findings) else findings
    videos = {path: open_video(path) for path in dict.fromkeys(one.video.path for one in found if one.moments)}
    around = Pad.of(pad)
    wanted = [
        Wanted(videos[one.video.path], moment.start, moment.end, one.query, rank).padded(around)
        for rank, (moment, one) in enumerate(ranked(found), start=1)
    ]
    plans = plan_clips(wanted, Path(folder), CutMode(cut), force=force, on_failure=_refuse)
    clips = list(write_clips(plans, force=force, on_failure=_refuse))
    for note in dict.fromkeys(clip.note for clip in clips if clip.note):
        (on_note or log_note)(note)
    return clips


def _refuse(path: Path, error: UnreadableInputError) -> NoReturn:
    del path
    raise error
