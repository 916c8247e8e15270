"""Cutting moments out of videos, for every command that finds or reads some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from r2cli.amounts import read_pad, read_span
from r2cli.cli.amounts import read_naming
from r2cli.cli.console import Talk
from r2cli.cli.distinct import distinct_ranks
from r2cli.cli.exports import Exports
from r2cli.cli.options import Cutting
from r2cli.cuts import Clip, CutMode, Pad, Planned, Reel
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.findings import Findings, ranked
from r2cli.settings import flag_defaults
from r2cli.writing import require_place

if TYPE_CHECKING:
    from rich.console import RenderableType

    from r2cli.video import VideoInfo
    from r2cli.video.cutting.clips import Wanted
    from r2cli.video.cutting.names import NamedSpan
    from r2cli.video.cutting.plan import ClipPlan

_MANY = 3
"""Clips that show the same as others, from which it is worth a word."""


@dataclass(frozen=True)
class CutRequest:
    """What is to be cut, and how; checked."""

    clips: Path | None
    reel: Path | None
    pad: Pad
    crossfade: float
    mode: CutMode
    force: bool
    hwaccel: str
    naming: Callable[[NamedSpan], str] | None = None
    distinct: bool = False
    is_trial: bool = False
    """Whether it is only said what would be written."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be cut at all."""
        return self.clips is None and self.reel is None


def cut_request(cutting: Cutting, hwaccel: str = "none", exports: Exports | None = None) -> CutRequest:
    """Put together what the options ask for, before any work is done; `exports`: what else they may act on.

    Raises:
        CommandLineError: They make no sense together, or there is no writing where they point.
    """
    _require_use(cutting, exports or Exports())
    if cutting.clips is not None and not cutting.dry_run:
        require_place(cutting.clips)
    if cutting.reel is not None:
        from r2cli.video.reel.write import require_reel

        require_reel(cutting.reel, force=cutting.force)
    return CutRequest(
        cutting.clips,
        cutting.reel,
        cutting.pad or Pad(),
        cutting.crossfade or 0.0,
        cutting.mode or CutMode.EXACT,
        cutting.force,
        hwaccel,
        cutting.name,
        cutting.distinct,
        cutting.dry_run,
    )


def cutting_by_settings() -> Cutting:
    """How clips are cut where nobody can type it.

    Raises:
        CommandLineError: A setting makes no sense.
    """
    values = flag_defaults("find")
    try:
        return Cutting(
            pad=read_pad(values.get("pad", "0")),
            crossfade=read_span(values.get("crossfade", "0")),
            mode=CutMode(values.get("mode", CutMode.EXACT.value)),
            name=read_naming(values["name"]) if "name" in values else None,
            distinct=values.get("distinct") == "true",
            by_settings=frozenset(("pad", "crossfade", "mode", "name")),
        )
    except ValueError as error:
        raise CommandLineError(f"clip_name: {error}", "see who set it: r2 config") from error


def _require_use(cutting: Cutting, exports: Exports) -> None:
    either = (cutting.clips or cutting.reel, "--clips DIR or --reel FILE")
    handles = (either[0] or exports.has_edit or None, f"{either[1]}, or --out FILE for an editing program, as cut.edl")
    typed = {name: None if name in cutting.by_settings else value for name, value in vars(cutting).items()}
    for name, value, (target, hint) in (
        ("--pad", typed["pad"], handles),
        ("--crossfade", typed["crossfade"], (cutting.reel, "--reel FILE")),
        ("--cut", typed["mode"], (cutting.clips, "--clips DIR")),
        ("--name", typed["name"], (cutting.clips, "--clips DIR")),
        ("--dry-run", (cutting.dry_run and not exports.has_file) or None, either),
        ("--force", (cutting.force and not exports.has_file) or None, either),
    ):
        if value is not None and target is None:
            raise CommandLineError(f"{name} has nothing to act on", f"say where to: {hint}")


@dataclass
class Cuts:
    """What has been cut so far."""

    clips: list[Clip] = field(default_factory=list)
    reel: Reel | None = None
    trial: list[Planned] = field(default_factory=list)
    """What would be written."""

    @property
    def are_any(self) -> bool:
        """Whether something was written, or would be."""
        return bool(self.clips or self.reel or self.trial)

    def tables(self) -> list[RenderableType]:
        """What a person looks at, each part after an empty line."""
        from r2cli.present.clips import clip_table, reel_line, reel_table, trial_lines

        if self.trial:
            return ["", *trial_lines((one.path, one.seconds or 0.0, one.size or 0.0) for one in self.trial)]
        tables: list[RenderableType] = ["", clip_table(self.clips)] if self.clips else []
        return [*tables, "", reel_table(self.reel), reel_line(self.reel)] if self.reel else tables


def trial_of(path: Path, kind: Literal["clip", "reel"], plans: Sequence[ClipPlan]) -> Planned:
    """What writing these pieces into one film would give."""
    lengths = [(plan.video, float(plan.span.length)) for plan in plans]
    size = sum(video.path.stat().st_size * seconds / video.duration for video, seconds in lengths)
    return Planned(path, kind, sum(seconds for _, seconds in lengths), size)


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
    if request.distinct:
        ranks = distinct_ranks(findings) if ranks is None else ranks & distinct_ranks(findings)
    wanted = _wanted(findings, videos, request.pad, ranks)
    if request.clips is not None and not request.distinct:  # in a reel they become one
        _say_what_is_alike(findings, ranks, talk)
    if wanted and request.clips is not None:
        _cut_clips(request, request.clips, wanted, cuts, talk, on_failure)
    if wanted and request.reel is not None:
        _make_reel(request, request.reel, _by_video(wanted, findings), cuts, talk, on_failure)


def _say_what_is_alike(findings: Sequence[Findings], ranks: frozenset[int] | None, talk: Talk) -> None:
    """Say that some moments show much the same, before somebody has a folder full of them."""
    alike = set(range(1, 1 + sum(len(found.moments) for found in findings))) - distinct_ranks(findings)
    count = len(alike if ranks is None else alike & ranks)
    if count >= _MANY:
        talk.note(
            f"{count} of these moments share most of their time with a better one: --distinct leaves out what shows "
            "the same"
        )


def _wanted(
    findings: Sequence[Findings], videos: dict[Path, VideoInfo], pad: Pad, ranks: frozenset[int] | None
) -> list[Wanted]:
    from r2cli.video.cutting.clips import Wanted

    return [
        Wanted(videos[found.video.path], moment.start, moment.end, found.query, rank).padded(pad)
        for rank, (moment, found) in enumerate(ranked(findings), start=1)
        if found.video.path in videos and (ranks is None or rank in ranks)
    ]


def _cut_clips(
    request: CutRequest, folder: Path, wanted: list[Wanted], cuts: Cuts, talk: Talk, on_failure: OnFailure
) -> None:
    from r2cli.video.cutting.clips import plan_clips, write_clips

    plans = plan_clips(
        wanted,
        folder,
        request.mode,
        force=request.force,
        on_failure=on_failure,
        naming=request.naming,
        is_trial=request.is_trial,
    )
    if request.is_trial:
        cuts.trial += [trial_of(one.target, "clip", [one.plan]) for one in plans]
        return
    total = sum(float(one.plan.span.length) for one in plans)
    label = f"cutting {len(plans)} clip{'s' if len(plans) != 1 else ''}"
    with talk.progress(label, _milliseconds(total)) as on_progress:
        written = write_clips(
            plans,
            force=request.force,
            hwaccel=request.hwaccel,
            on_failure=on_failure,
            on_seconds=lambda done: on_progress(_milliseconds(done)),
        )
        cuts.clips.extend(written)
    for note in dict.fromkeys(clip.note for clip in cuts.clips if clip.note):
        talk.note(note)


def _by_video(wanted: list[Wanted], findings: Sequence[Findings]) -> list[Wanted]:
    order = {path: place for place, path in enumerate(dict.fromkeys(found.video.path for found in findings))}
    return sorted(wanted, key=lambda one: order[one.video.path])


def _make_reel(
    request: CutRequest, target: Path, wanted: list[Wanted], cuts: Cuts, talk: Talk, on_failure: OnFailure
) -> None:
    from r2cli.video.cutting.clips import plan_reel
    from r2cli.video.reel.write import write_reel

    plans = plan_reel(wanted, on_failure=on_failure)
    if not plans:
        return
    if request.is_trial:
        cuts.trial.append(trial_of(target, "reel", plans))
        return
    with talk.progress(f"joining {target.name}", _milliseconds(1)) as on_progress:
        cuts.reel = write_reel(
            plans,
            target,
            crossfade=request.crossfade,
            force=request.force,
            hwaccel=request.hwaccel,
            on_share=lambda share: on_progress(_milliseconds(share)),
        )
    if cuts.reel.note:
        talk.note(cuts.reel.note)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
