"""`r2 find`: from a sentence to exact times."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk, warnings_as_notes, write_line
from r2cli.cli.cutting import Clips, Crossfade, Cuts, Force, Mode, Pad, ReelFile, cut_request, make_cuts
from r2cli.cli.options import AsJson, Compute, Device, Finely, MinScore, Model, Precision, Quiet, Top
from r2cli.errors import CommandLineError, R2Error, UnreadableInputError
from r2cli.pipeline import DEFAULT_MODEL, DEFAULT_TOP, query_notes, require_moments, require_query, search, select

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.export.document import FailedInput
    from r2cli.findings import Findings
    from r2cli.video import VideoInfo

FOUND, NOTHING = 0, 1
_VIDEO_SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"}
_EXAMPLE = 'r2 find holiday.mp4 "a dog jumps"'


def find(
    videos: Annotated[
        list[str] | None, typer.Argument(metavar="VIDEO...", help="Video files, of any length.", show_default=False)
    ] = None,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What to look for, in quotes; always last.", show_default=False)
    ] = "",
    top: Top = DEFAULT_TOP,
    min_score: MinScore = None,
    model: Model = DEFAULT_MODEL,
    device: Compute = Device.AUTO,
    precision: Finely = Precision.AUTO,
    clips: Clips = None,
    reel: ReelFile = None,
    pad: Pad = None,
    crossfade: Crossfade = None,
    mode: Mode = None,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Find the moments of videos that match a sentence.

    \b
    r2 find holiday.mp4 "a dog jumps"
    r2 find *.mp4 "people dance" --top 3 --json
    r2 find holiday.mp4 "a dog jumps" --clips dogs --pad 1.5
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    paths, query = require_order(videos or [], query)
    request = cut_request(clips=clips, reel=reel, pad=pad, crossfade=crossfade, mode=mode, force=force)
    talk, results = Talk(quiet), _Results()
    readable = _probe_all(paths, results, talk)
    if readable:
        loaded = _load(model, device, precision, talk)
        for note in query_notes(query, loaded):
            talk.note(note)
        _search_all(readable, query, loaded, results, talk)
        threshold = loaded.checkpoint.min_score if min_score is None else min_score
        _say_what_is_missing(results.everything, threshold, talk)
        results.selected = [select(found, top=top, min_score=threshold) for found in results.everything]
    try:
        if not request.is_empty:
            results.cuts = Cuts()
            known = {video.path: video for video in readable}
            make_cuts(request, results.selected, known, results.cuts, talk, results.fail)
    finally:
        _show(results, as_json)
    return results.exit_code


def require_order(videos: list[str], query: str) -> tuple[list[Path], str]:
    """See to it that videos come first and a query last.

    Raises:
        CommandLineError: One of the two is missing, or they stand the wrong way round.
    """
    if not videos and not query:
        raise CommandLineError("no video and no query", f"as in: {_EXAMPLE}")
    # Unlike Path.is_file, isfile takes sentences of any length.
    is_file = os.path.isfile(query) or (query.split() == [query] and Path(query).suffix.lower() in _VIDEO_SUFFIXES)
    if is_file and not videos:
        raise CommandLineError(f"no query after {query!r}", f"say what to look for, as in: {_EXAMPLE}")
    if is_file:
        raise CommandLineError(f"the last argument, {query!r}, names a file and is no query", f"as in: {_EXAMPLE}")
    if not videos:
        raise CommandLineError(f"no video before the query {query!r}", f"name one, as in: {_EXAMPLE}")
    return [Path(video) for video in videos], require_query(query)


@dataclass
class _Results:
    """What has come out so far."""

    everything: list[Findings] = field(default_factory=list)
    selected: list[Findings] = field(default_factory=list)
    failed: list[FailedInput] = field(default_factory=list)
    cuts: Cuts | None = None

    def fail(self, path: Path, error: R2Error) -> None:
        """Report a bad input, and go on."""
        from r2cli.export.document import FailedInput

        write_line(str(error))
        self.failed.append(FailedInput(path, str(error), error.exit_code))

    @property
    def exit_code(self) -> int:
        if self.failed:
            return UnreadableInputError.exit_code
        return FOUND if any(found.moments for found in self.selected) else NOTHING


def _probe_all(paths: list[Path], results: _Results, talk: Talk) -> list[VideoInfo]:
    from r2cli.video import DamagedVideoWarning, probe

    videos = []
    with warnings_as_notes(DamagedVideoWarning, talk):
        for path in paths:
            try:
                videos.append(probe(path))
            except UnreadableInputError as error:
                results.fail(path, error)
    return videos


def _load(model: str, device: Device, precision: Precision, talk: Talk) -> LoadedModel:
    from r2cli.checkpoints.load import find_source, open_checkpoint

    require_moments(find_source(model))  # before anything is downloaded
    loaded = open_checkpoint(
        model, device=device.value, precision=precision.value, on_note=talk.note, progress=talk.shows_progress
    )
    require_moments(loaded.checkpoint)
    return loaded


def _search_all(videos: list[VideoInfo], query: str, loaded: LoadedModel, results: _Results, talk: Talk) -> None:
    from r2cli.video import DamagedVideoWarning, clip_count

    with warnings_as_notes(DamagedVideoWarning, talk):
        for video in videos:
            clips = clip_count(video.duration, loaded.checkpoint.clips_per_second)
            try:
                with talk.progress(video.path.name, clips) as on_progress:
                    results.everything.append(search(video, query, loaded, on_progress))
            except UnreadableInputError as error:
                results.fail(video.path, error)


def _say_what_is_missing(everything: list[Findings], threshold: float, talk: Talk) -> None:
    for found in everything:
        best = max((moment.score for moment in found.moments), default=0.0)
        if not found.moments or best < threshold:
            talk.note(
                f'nothing in {found.video.path} matches "{found.query}" '
                f"(best score {best:.2f}, threshold {threshold:.2f}: see --min-score)"
            )


def _show(results: _Results, as_json: bool) -> None:
    answer = Answer()
    if as_json:
        from r2cli.export.document import Document
        from r2cli.export.formats import FORMATS

        cuts = results.cuts
        clips, reel = (None, None) if cuts is None else (tuple(cuts.clips), cuts.reel)
        answer.write(FORMATS["json"].write(Document(tuple(results.selected), tuple(results.failed), clips, reel)))
    elif any(found.moments for found in results.selected):
        from r2cli.present.table import curve_line, moment_table

        several = len(results.selected) > 1
        curves = [
            curve_line(found, name_it=several, unicode=answer.shows_unicode)
            for found in results.selected
            if found.moments
        ]
        cut_tables = [] if results.cuts is None else results.cuts.tables()
        answer.show(moment_table(results.selected), *cut_tables, "", *curves)
