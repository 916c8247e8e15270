"""`r2 highlight`: the best stretches of videos."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.amounts import read_length
from r2cli.cli.amounts import read_video
from r2cli.cli.answering import document_of
from r2cli.cli.console import Answer, Talk
from r2cli.cli.cutting import CutRequest, Cuts, cut_request, make_cuts
from r2cli.cli.exporting import Writing, plan_exports
from r2cli.cli.exports import Exports
from r2cli.cli.listed import Listing
from r2cli.cli.loading import Failures, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, Cutting, LookingOnce, MinScoreOption
from r2cli.cli.reading import make_reading
from r2cli.cli.recent import remember
from r2cli.cli.snapping import SnapOption, Snapping
from r2cli.cli.subjects import Subject, make_rater, meant, rate_video
from r2cli.cli.viewing import Viewing, plan_view
from r2cli.export.document import Kind
from r2cli.findings import DEFAULT_TOP

if TYPE_CHECKING:
    from r2cli.findings import Highlights
    from r2cli.tasks.rate import Rated
    from r2cli.video import VideoInfo

_EVEN = 0.01
"""Saliency: a curve that rises and falls by less says nothing."""


def highlight(
    context: typer.Context,
    videos: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=read_video,
            metavar="[VIDEO...]",
            help="Video files, of any length. Default: the one that r2 worked on last, or those in this folder.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most N stretches of each video.")] = DEFAULT_TOP,
    length: Annotated[
        float | None,
        typer.Option(
            "--length",
            parser=read_length,
            metavar="TIME",
            help="How long each stretch is, as 10s. Default: 4 to 20 s, as the curve goes.",
        ),
    ] = None,
    min_score: MinScoreOption = None,
    snap: SnapOption = "none",
    *,
    listing: Listing,
    subject: Subject,
    computing: Computing,
    looking: LookingOnce,
    cutting: Cutting,
    viewing: Viewing,
    writing: Writing,
) -> int:
    """Find the best stretches of videos, about anything or not.

    \b
    r2 highlight holiday.mp4
    r2 highlight holiday.mp4 --about "the dog" --top 3 --length 10s
    r2 highlight surf.mp4 --domain surfing --reel best.mp4
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    talk, results = Talk(writing.quiet), _Results()
    exports = plan_exports(writing, Kind.HIGHLIGHTS, force=cutting.force, is_trial=cutting.dry_run, pad=cutting.pad)
    request, reading = cut_request(cutting, looking.hwaccel, exports), make_reading(looking)
    view = plan_view(viewing, exports)
    paths, model = meant([*(videos or []), *listing.videos()] or None, computing.model, context, talk)
    readable = probe_all(paths, results.fail, talk)
    warn_of_cartoons(context, model, readable, talk)
    rater = make_rater(subject, model, computing, talk)
    for video in readable:
        remember(video.path, model)
        rated = rate_video(rater, video, reading, talk, results.fail)
        if rated is not None:
            picked = _pick(rated, top, length, min_score, talk)
            results.found += Snapping(snap, talk).apply([picked], [video])
            exports.tell(results.found[-1:])
    _cut_and_show(request, readable, results, exports, talk)
    view.after(results.found, readable, talk)
    return results.exit_code(found=any(one.moments for one in results.found))


@dataclass
class _Results(Failures):
    """What has come out so far."""

    found: list[Highlights] = field(default_factory=list)
    cuts: Cuts | None = None


def _cut_and_show(
    request: CutRequest, videos: list[VideoInfo], results: _Results, exports: Exports, talk: Talk
) -> None:
    try:
        if not request.is_empty:
            results.cuts = Cuts()
            known = {video.path: video for video in videos}
            make_cuts(request, results.found, known, results.cuts, talk, results.fail)
    finally:
        _show(results, exports, talk)


def _pick(rated: Rated, top: int, length: float | None, min_score: float | None, talk: Talk) -> Highlights:
    from r2cli.tasks.highlight import highlights_of

    found = highlights_of(rated, top=top, length=length, min_score=min_score)
    path = found.video.path
    threshold = rated.min_score if min_score is None else min_score
    scores = [clip.score for clip in rated.findings.saliency]
    if not found.moments and rated.ground.kind == "text":
        best = max((moment.score for moment in rated.findings.moments), default=0.0)
        talk.note(
            f'nothing in {path} matches "{found.query}" (best score {best:.2f}, threshold {threshold:.2f}: '
            "see --min-score)"
        )
    elif not found.moments:
        talk.note(
            f"nothing in {path} stands out (highest clip {max(scores, default=0.0):.2f}, threshold {threshold:.2f}: "
            "see --min-score)"
        )
    elif max(scores) - min(scores) < _EVEN:
        talk.note(f"{path} is much the same all over: its stretches are hardly better than the rest")
    return found


def _show(results: _Results, exports: Exports, talk: Talk) -> None:
    if not exports.answers:
        _show_table(results)
    exports.write(document_of(Kind.HIGHLIGHTS, results.found, results.failed, results.cuts), talk)


def _show_table(results: _Results) -> None:
    if not any(one.moments for one in results.found):
        return
    from r2cli.present.excerpts import highlight_curves, highlight_table

    answer = Answer()
    curves = highlight_curves(results.found, unicode=answer.shows_unicode, columns=answer.columns)
    tables = [] if results.cuts is None else results.cuts.tables()
    table = highlight_table(results.found, unicode=answer.shows_unicode)
    answer.show(table, *tables, "", *curves)
