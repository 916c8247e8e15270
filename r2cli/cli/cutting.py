"""Cutting moments out of videos, for every command that finds or reads some: options, work, and what is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Talk
from r2cli.errors import CommandLineError, UnreadableInputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from r2cli.findings import Findings
    from r2cli.video import VideoInfo
    from r2cli.video.cut import Clip
    from r2cli.video.jobs import Wanted

Clips = Annotated[
    Path | None, typer.Option("--clips", metavar="DIR", help="Cut each moment out of its video, into this folder.")
]
Pad = Annotated[
    float | None, typer.Option("--pad", metavar="SEC", min=0, help="Cut so much more before and after each moment.")
]


class Cut(str, Enum):
    """How to cut; as `r2cli.video.cut.CutMode`, which would bring FFmpeg along."""

    EXACT = "exact"
    COPY = "copy"


Mode = Annotated[
    Cut | None,
    typer.Option(
        "--cut",
        help="exact (default): to the picture, encoded again; copy: nothing is encoded, the clip begins on the "
        "keyframe before.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]


@dataclass(frozen=True)
class CutRequest:
    """What is to be cut, and how; checked."""

    clips: Path | None
    pad: float
    mode: Cut
    force: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be cut at all."""
        return self.clips is None


def cut_request(*, clips: Path | None, pad: float | None, mode: Cut | None, force: bool) -> CutRequest:
    """Put together what the options ask for, before any work is done.

    Raises:
        CommandLineError: They make no sense together, or the folder cannot be written to.
    """
    if pad is not None and not math.isfinite(pad):
        raise CommandLineError(f"--pad {pad} is not a number of seconds", "as in: --pad 1.5")
    request = CutRequest(clips, pad or 0.0, mode or Cut.EXACT, force)
    if request.is_empty:
        for name, is_given in (("--pad", pad is not None), ("--cut", mode is not None), ("--force", force)):
            if is_given:
                raise CommandLineError(f"{name} has nothing to act on", "say where to put clips: --clips DIR")
    if clips is not None:
        from r2cli.video.target import require_folder

        require_folder(clips)
    return request


@dataclass
class Cuts:
    """What has been cut so far."""

    clips: list[Clip] = field(default_factory=list)

    def tables(self) -> list[RenderableType]:
        """What a person looks at, each part after an empty line."""
        from r2cli.present.clips import clip_table

        return ["", clip_table(self.clips)] if self.clips else []


OnFailure = Callable[[Path, UnreadableInputError], None]


def make_cuts(
    request: CutRequest,
    findings: Sequence[Findings],
    videos: dict[Path, VideoInfo],
    cuts: Cuts,
    talk: Talk,
    on_failure: OnFailure,
    *,
    ranks: frozenset[int] | None = None,
) -> None:
    """Cut the moments of findings.

    Args:
        request: What to cut.
        findings: Whose moments.
        videos: Each of their videos that can be read.
        cuts: Is filled as the work goes on, so that nothing finished is lost when something fails.
        talk: For progress and notes.
        on_failure: Is told which video cannot be cut, and why; the others are cut all the same.
        ranks: Only moments of these places in the ranking of all; None: all.
    """
    wanted = _wanted(findings, videos, request.pad, ranks)
    if wanted and request.clips is not None:
        _cut_clips(request, request.clips, wanted, cuts, talk, on_failure)


def _wanted(
    findings: Sequence[Findings], videos: dict[Path, VideoInfo], pad: float, ranks: frozenset[int] | None
) -> list[Wanted]:
    from r2cli.findings import ranked
    from r2cli.video.jobs import Wanted

    return [
        Wanted(videos[found.video.path], moment.start, moment.end, found.query, rank).padded(pad)
        for rank, (moment, found) in enumerate(ranked(findings), start=1)
        if found.video.path in videos and (ranks is None or rank in ranks)
    ]


def _cut_clips(
    request: CutRequest, folder: Path, wanted: list[Wanted], cuts: Cuts, talk: Talk, on_failure: OnFailure
) -> None:
    from r2cli.video.cut import CutMode
    from r2cli.video.jobs import plan_clips, write_clips

    plans = plan_clips(wanted, folder, CutMode(request.mode.value), force=request.force, on_failure=on_failure)
    total = sum(float(one.plan.span.length) for one in plans)
    label = f"cutting {len(plans)} clip{'s' if len(plans) != 1 else ''}"
    with talk.progress(label, _milliseconds(total)) as on_progress:
        written = write_clips(
            plans,
            force=request.force,
            on_failure=on_failure,
            on_seconds=lambda done: on_progress(_milliseconds(done)),
        )
        cuts.clips.extend(written)
    for note in dict.fromkeys(clip.note for clip in cuts.clips if clip.note):
        talk.note(note)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
