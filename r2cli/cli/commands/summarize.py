"""`r2 summarize`: a video told in less time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from r2cli.amounts import read_length, read_share
from r2cli.cli.amounts import read_video
from r2cli.cli.answering import document_of
from r2cli.cli.console import Answer, Talk
from r2cli.cli.cutting import Cuts
from r2cli.cli.exporting import FormatOption, Pages, Writing, film_among, plan_exports, require_edit
from r2cli.cli.exports import Exports
from r2cli.cli.loading import Failures, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, ForceOption, HandlesOption, LookingOnce
from r2cli.cli.reading import make_reading
from r2cli.cli.recent import remember
from r2cli.cli.subjects import Subject, make_rater, meant, rate_video
from r2cli.cuts import Planned
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.export.document import Kind
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from r2cli.findings import Summary
    from r2cli.tasks.rate import Rated
    from r2cli.video import VideoInfo

_AS_LONG = 1e-6
"""Seconds by which a summary may be shorter than the whole video and still be it."""


@dataclass(frozen=True)
class Size:
    """How long a summary is to be."""

    SECTION: ClassVar[str] = "Options"

    length: Annotated[
        float | None,
        typer.Option(
            "--length", parser=read_length, metavar="TIME", help="How long the summary is, as 60s, 2m or 1:30."
        ),
    ] = None
    ratio: Annotated[
        float | None,
        typer.Option(
            "--ratio",
            parser=read_share,
            metavar="SHARE",
            help="Or how much of the video it is, as 0.1 or 10%. Default: 15%.",
            show_default=False,
        ),
    ] = None
    by_settings: frozenset[str] = frozenset()
    """Which of these somebody set once and for all."""

    def of(self, duration: float) -> float:
        """Seconds for a video of so many.

        Raises:
            CommandLineError: What was asked for makes no sense.
        """
        from r2cli.tasks.summarize import budget

        wanted = {"length": self.length, "ratio": self.ratio}
        if None not in wanted.values() and len(self.by_settings & wanted.keys()) == 1:  # what is typed counts more
            wanted.update(dict.fromkeys(self.by_settings & wanted.keys()))
        return budget(duration, wanted["length"], wanted["ratio"])


FilmOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="The film to write (.mp4, .mov, .mkv). Default: VIDEO_summary.mp4, here. Given again, with another "
        "suffix or -: the answer, as for `r2 find`.",
        show_default=False,
    ),
]


def summarize(
    context: typer.Context,
    video: Annotated[
        Path | None,
        typer.Argument(
            parser=read_video,
            metavar="[VIDEO]",
            help="A video file, of any length. Default: the one that r2 worked on last, or the one in this folder.",
            show_default=False,
        ),
    ] = None,
    out: FilmOption = None,
    pad: HandlesOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which film would be written, and about how large it is.")
    ] = False,
    force: ForceOption = False,
    form: FormatOption = None,
    *,
    size: Size,
    subject: Subject,
    computing: Computing,
    looking: LookingOnce,
    pages: Pages,
) -> int:
    """Tell a video in less time: its best shots, in one film.

    They come in order, and the film lasts exactly as long as you say.

    \b
    r2 summarize holiday.mp4 --out summary.mp4 --length 60s
    r2 summarize holiday.mp4 --about "the dog" --ratio 0.1
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.video.reel.write import require_reel

    film, others = film_among(out or [], form)
    writing = Writing(**vars(pages), out=others, form=form)
    exports = plan_exports(writing, Kind.SUMMARIES, force=force, is_trial=dry_run, pad=pad)
    require_edit(pad, exports, context)
    talk, results, reading = Talk(pages.quiet), _Results(), make_reading(looking)
    size.of(1.0)  # what makes no sense shows before any work
    paths, model = meant(None if video is None else [video], computing.model, context, talk)
    path, rater = _one(paths), make_rater(subject, model, computing, talk)
    target = _Target(film or Path(f"{path.stem}_summary.mp4"), force, looking.hwaccel, dry_run)
    require_reel(target.path, force=force)
    readable = probe_all([path], results.fail, talk)
    warn_of_cartoons(context, model, readable, talk)
    for info in readable:
        remember(path, model)
        rated = rate_video(rater, info, reading, talk, results.fail)
        if rated is not None:
            _summarize(rated, info, size, target, results, exports, talk)
    if results.summary is None:
        _show(results, exports, talk)
    return results.exit_code()


@dataclass(frozen=True)
class _Target:
    """The film to write, and how."""

    path: Path
    force: bool
    hwaccel: str
    is_trial: bool


@dataclass
class _Results(Failures):
    """What has come out so far."""

    summary: Summary | None = None
    cuts: Cuts | None = None


def _summarize(
    rated: Rated, video: VideoInfo, size: Size, target: _Target, results: _Results, exports: Exports, talk: Talk
) -> None:
    from r2cli.tasks.summarize import summary_of

    with _cut_finder(video, talk) as find_cut:
        results.summary = summary_of(rated, size.of(video.duration), find_cut)
    if results.summary.length >= rated.end - _AS_LONG:
        talk.note(f"{video.path} lasts {format_time(rated.end)} only: the summary is all of it")
    try:
        _write(results, results.summary, video, target, talk)
    finally:
        _show(results, exports, talk)


def _one(paths: list[Path]) -> Path:
    if len(paths) > 1:
        raise CommandLineError(
            f"{len(paths)} videos in this folder, and a summary is of one", "name it, as in: r2 summarize holiday.mp4"
        )
    return paths[0]


@contextmanager
def _cut_finder(video: VideoInfo, talk: Talk) -> Iterator[Callable[[float, float], float | None]]:
    """Looks for cuts; the bar goes by the time line, which is looked through more than once at times."""
    from r2cli.video.changes import find_cut

    with talk.progress("finding where shots begin", round(video.duration)) as on_progress:

        def find(start: float, end: float) -> float | None:
            on_progress(round(end))
            return find_cut(video, start, end)

        yield find


def _write(results: _Results, summary: Summary, video: VideoInfo, target: _Target, talk: Talk) -> None:
    from r2cli.tasks.summarize import write_summary

    if target.is_trial:
        size = video.path.stat().st_size * summary.length / video.duration
        results.cuts = Cuts(trial=[Planned(target.path, "reel", summary.length, size)])
        return
    steps = 1000
    try:
        with talk.progress(f"writing {target.path.name}", steps) as on_progress:
            reel = write_summary(
                summary,
                video,
                target.path,
                force=target.force,
                hwaccel=target.hwaccel,
                on_share=lambda share: on_progress(round(share * steps)),
            )
    except UnreadableInputError as error:
        results.fail(video.path, error)
        return
    results.cuts = Cuts(reel=reel)
    if reel.note:
        talk.note(reel.note)


def _show(results: _Results, exports: Exports, talk: Talk) -> None:
    if not exports.answers:
        _show_table(results)
    found = [] if results.summary is None else [results.summary]
    exports.write(document_of(Kind.SUMMARIES, found, results.failed, results.cuts), talk)


def _show_table(results: _Results) -> None:
    if results.summary is None or results.cuts is None:
        return
    from r2cli.present.clips import reel_line
    from r2cli.present.excerpts import summary_table

    if results.cuts.reel is None:
        Answer().show(summary_table(results.summary), *results.cuts.tables())
    else:
        Answer().show(summary_table(results.summary), "", reel_line(results.cuts.reel))
