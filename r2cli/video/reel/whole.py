"""A reel that is a film from its first picture to its last: the film itself, with nothing encoded."""

from __future__ import annotations

import shutil
from pathlib import Path

from r2cli.cuts import Reel, ReelPart
from r2cli.video.cutting.plan import ClipPlan
from r2cli.video.probe import VideoInfo
from r2cli.video.reel.layout import common_format
from r2cli.video.reel.write import require_reel
from r2cli.writing import beside, explained


def can_copy(video: VideoInfo, target: Path) -> bool:
    """Whether the film is of the kind of file that is asked for."""
    return video.path.suffix.lower() == target.suffix.lower()


def copy_whole(plan: ClipPlan, target: Path, *, force: bool = False) -> Reel:
    """Copy a film, with all that its file holds.

    Args:
        plan: Of all its pictures.
        target: Where; of the same suffix.
        force: Whether a file of that name is overwritten.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
    """
    require_reel(target, force=force)
    form = common_format([plan])
    with beside(target, force=force) as unfinished, explained(target):
        shutil.copyfile(plan.video.path, unfinished)
    part = ReelPart(plan.video.path, plan.asked_start, plan.asked_end, plan.start, plan.end, 0.0)
    return Reel(target, plan.end - plan.start, form.width, form.height, form.rate, (part,))
