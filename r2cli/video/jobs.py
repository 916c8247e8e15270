"""Several clips at once: planned and named together, so that a mistake shows before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from r2cli.errors import UnreadableInputError
from r2cli.video.cut import Clip, ClipPlan, CutMode, plan_clip
from r2cli.video.names import clip_name, distinct
from r2cli.video.probe import VideoInfo
from r2cli.video.target import require_folder, require_free
from r2cli.video.writing import write_clip


@dataclass(frozen=True)
class Wanted:
    """A span of a video that somebody wants to have."""

    video: VideoInfo
    start: float
    end: float
    """Both in seconds from the video's first picture; they may reach beyond it."""
    query: str = ""
    """What was looked for; for the clip's name."""
    rank: int = 0

    def padded(self, seconds: float) -> Wanted:
        """With so much more before and behind it, as far as there is video."""
        return replace(
            self,
            start=max(0.0, self.start - seconds),
            end=max(min(self.video.duration, self.end + seconds), self.end),
        )


@dataclass(frozen=True)
class NamedPlan:
    """A clip that can be written, and its name."""

    wanted: Wanted
    plan: ClipPlan
    target: Path


OnFailure = Callable[[Path, UnreadableInputError], None]


def plan_clips(
    wanted: Sequence[Wanted], folder: Path, mode: CutMode, *, force: bool, on_failure: OnFailure
) -> list[NamedPlan]:
    """Plan clips and name them after their videos, their times and what was looked for.

    Args:
        wanted: What to cut.
        folder: Where the clips will be; it is made if it is missing.
        mode: How to cut.
        force: Whether files of the same names may be overwritten.
        on_failure: Is told which video cannot be cut, and why; the others are planned all the same.

    Raises:
        CommandLineError: A name is taken, or the folder cannot be written to.
    """
    require_folder(folder)
    plans = []
    for one in wanted:
        try:
            plans.append((one, plan_clip(one.video, one.start, one.end, mode)))
        except UnreadableInputError as error:
            on_failure(one.video.path, error)
    names = distinct(clip_name(one.video.path, plan.start, one.query, plan.suffix) for one, plan in plans)
    targets = [folder / name for name in names]
    for target in targets:
        require_free(target, force=force)
    return [NamedPlan(one, plan, target) for (one, plan), target in zip(plans, targets, strict=True)]


def write_clips(
    plans: Sequence[NamedPlan],
    *,
    force: bool,
    hwaccel: str = "none",
    on_failure: OnFailure,
    on_seconds: Callable[[float], None] = lambda done: None,
) -> Iterator[Clip]:
    """Write planned clips one after the other.

    Args:
        plans: From `plan_clips`.
        force: Whether files of the same names may be overwritten.
        hwaccel: Which graphics card encodes, as in `encoders.CHOICES`; where that fails, the processor does.
        on_failure: Is told which video cannot be cut, and why.
        on_seconds: Is told how many seconds of clips are done.

    Yields:
        Each clip when it is finished.

    Raises:
        CommandLineError: A name was taken meanwhile, or the folder cannot be written to.
        FFmpegError: FFmpeg is missing or failed.
    """
    done = 0.0
    for one in plans:
        length, before = float(one.plan.span.length), done

        def on_share(share: float, before: float = before, length: float = length) -> None:
            on_seconds(before + share * length)

        try:
            clip = write_clip(one.plan, one.target, force=force, hwaccel=hwaccel, on_share=on_share)
            yield replace(clip, rank=one.wanted.rank)
        except UnreadableInputError as error:
            on_failure(one.wanted.video.path, error)
        done += length
        on_seconds(done)


def plan_reel(wanted: Sequence[Wanted], *, on_failure: OnFailure) -> list[ClipPlan]:
    """Plan the pieces of a reel: video by video, each in order of time; pieces that overlap become one.

    Args:
        wanted: What to show; the videos come in the order in which they are first named here.
        on_failure: Is told which video cannot be cut, and why.
    """
    plans = []
    for one in _joined(wanted):
        try:
            plans.append(plan_clip(one.video, one.start, one.end))
        except UnreadableInputError as error:
            on_failure(one.video.path, error)
    return plans


def _joined(wanted: Sequence[Wanted]) -> list[Wanted]:
    order = {path: place for place, path in enumerate(dict.fromkeys(one.video.path for one in wanted))}
    joined: list[Wanted] = []
    for one in sorted(wanted, key=lambda each: (order[each.video.path], each.start)):
        if joined and joined[-1].video.path == one.video.path and one.start <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined
