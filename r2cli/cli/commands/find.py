"""`r2 find`: from a sentence to exact times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.amounts import read_video
from r2cli.cli.answering import document_of, say_what_is_missing, show_counts, show_table
from r2cli.cli.combining import Combining
from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.cutting import CutRequest, Cuts, cut_request, make_cuts
from r2cli.cli.distinct import distinct_findings
from r2cli.cli.exporting import Writing, plan_exports
from r2cli.cli.exports import Exports
from r2cli.cli.listed import Listing
from r2cli.cli.loading import Failures, open_model, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, Cutting, LookingOnce, MinScoreOption, TopOption
from r2cli.cli.order import order_of
from r2cli.cli.reading import make_reading, reading_note
from r2cli.cli.recent import remember
from r2cli.cli.snapping import SnapOption, Snapping
from r2cli.cli.viewing import Search, View, Viewing, explain_found, plan_view
from r2cli.errors import UnreadableInputError
from r2cli.export.document import Kind
from r2cli.findings import DEFAULT_TOP

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.explanation import Explanation
    from r2cli.findings import Findings
    from r2cli.memory import Reading, ReadingReport
    from r2cli.tasks.combine import Question
    from r2cli.video import VideoInfo


def find(
    context: typer.Context,
    videos: Annotated[
        list[Path] | None,
        typer.Argument(parser=read_video, metavar="VIDEO...", help="Video files, of any length.", show_default=False),
    ] = None,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What to look for, in quotes; always last.", show_default=False)
    ] = "",
    queries: Annotated[
        Path | None,
        typer.Option(
            "--queries",
            metavar="FILE",
            help="Instead of QUERY: a text file with a query per line, answered in one go; - is standard input.",
            show_default=False,
        ),
    ] = None,
    top: TopOption = DEFAULT_TOP,
    min_score: MinScoreOption = None,
    snap: SnapOption = "none",
    *,
    combining: Combining,
    listing: Listing,
    computing: Computing,
    looking: LookingOnce,
    cutting: Cutting,
    viewing: Viewing,
    writing: Writing,
) -> int:
    """Find the moments of videos that match a sentence.

    \b
    r2 find holiday.mp4 "a dog jumps"
    r2 find *.mp4 "people dance" --top 3 --json
    r2 find holiday.mp4 "a dog jumps" --clips dogs --pad 1.5
    r2 find holiday.mp4 "she waves" --then "he falls" --within 10
    r2 find holiday.mp4 --queries list.txt
    find . -name "*.mp4" -print0 | r2 find -0 "a dog jumps" --files
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    paths, asked = order_of(videos or [], listing.videos(but_not=queries), query, queries, combining)
    exports = plan_exports(writing, Kind.FINDINGS, force=cutting.force, is_trial=cutting.dry_run, pad=cutting.pad)
    request, reading = cut_request(cutting, looking.hwaccel, exports), make_reading(looking)
    view, talk, results = plan_view(viewing, exports, asked), Talk(writing.quiet), _Results()
    readable = probe_all(paths, results.fail, talk)
    if readable:
        loaded = _open(context, computing, readable, asked, talk)
        least = _least(loaded, min_score)
        for found in _search_all(readable, asked, loaded, reading, results, talk):
            told = _with_counts(found, loaded) if combining.count else found
            chosen = results.take(list(map(distinct_findings, told)) if cutting.distinct else told, top, least)
            exports.tell(results.keep(Snapping(snap, talk).apply(chosen, readable)))
        say_what_is_missing(results.everything, least, talk)
        results.search = Search(readable, loaded, reading, least)
    _cut_and_show(request, view, readable, results, exports, talk)
    _say_how_it_was_read(results, talk)
    view.after(results.selected, readable, talk)
    return results.exit_code(found=any(found.moments for found in results.selected))


def _open(
    context: typer.Context, computing: Computing, videos: list[VideoInfo], asked: tuple[Question, ...], talk: Talk
) -> LoadedModel:
    remember(videos[-1].path, computing.model)
    warn_of_cartoons(context, computing.model, videos, talk)
    loaded = open_model(computing, talk)
    _say_what_is_unknown(asked, loaded, talk)
    return loaded


@dataclass
class _Results(Failures):
    """What has come out so far."""

    everything: list[Findings] = field(default_factory=list)
    selected: list[Findings] = field(default_factory=list)
    cuts: Cuts | None = None
    search: Search | None = None
    """How they were found; None: no video could be read."""
    explanation: Explanation | None = None
    reports: list[ReadingReport] = field(default_factory=list)

    def take(self, found: list[Findings], top: int, least: float) -> list[Findings]:
        """Keep what was found in a video, and select from it."""
        from r2cli.tasks.ask import select

        self.everything += found
        return [select(one, top=top, min_score=least) for one in found]

    def keep(self, selected: list[Findings]) -> list[Findings]:
        """Keep what is shown of a video."""
        self.selected += selected
        return selected


def _say_what_is_unknown(questions: tuple[Question, ...], loaded: LoadedModel, talk: Talk) -> None:
    from r2cli.tasks.combine import question_notes

    for note in question_notes(questions, loaded):
        talk.note(note)


def _say_how_it_was_read(results: _Results, talk: Talk) -> None:
    if talk.shows_progress and (note := reading_note(results.reports)):
        talk.note(note)


def _with_counts(found: list[Findings], loaded: LoadedModel) -> list[Findings]:
    from r2cli.tasks.combine import with_count

    return [with_count(one, loaded) for one in found]


def _least(loaded: LoadedModel, min_score: float | None) -> float:
    from r2cli.tasks.ask import threshold

    return threshold(loaded, min_score)


def _cut_and_show(
    request: CutRequest, view: View, videos: list[VideoInfo], results: _Results, exports: Exports, talk: Talk
) -> None:
    try:
        if not request.is_empty:
            results.cuts = Cuts()
            known = {video.path: video for video in videos}
            make_cuts(request, results.selected, known, results.cuts, talk, results.fail)
        results.explanation = explain_found(view.asked.explain, results.selected, results.search, talk)
    finally:
        _show(results, exports, talk)


def _search_all(
    videos: list[VideoInfo],
    questions: tuple[Question, ...],
    loaded: LoadedModel,
    reading: Reading,
    results: _Results,
    talk: Talk,
) -> Iterator[list[Findings]]:
    from r2cli.tasks.find import search_all
    from r2cli.video import DamagedVideoWarning, clip_count

    with warnings_as_notes(DamagedVideoWarning, talk):
        for video in videos:
            clips = clip_count(video.duration, loaded.checkpoint.clips_per_second)
            try:
                with talk.progress(video.path.name, clips) as on_progress:
                    found = search_all(video, questions, loaded, reading, on_progress, results.reports.append)
            except UnreadableInputError as error:
                results.fail(video.path, error)
            else:
                yield found


def _show(results: _Results, exports: Exports, talk: Talk) -> None:
    if not exports.answers:
        show_table(results.selected, results.cuts, results.explanation)
        show_counts(results.selected)
    document = document_of(Kind.FINDINGS, results.selected, results.failed, results.cuts)
    exports.write(replace(document, explanation=results.explanation), talk)
