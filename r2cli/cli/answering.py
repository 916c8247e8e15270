"""What a search came to, shown: the answer on standard output, what is missing in the talk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Answer, Talk
from r2cli.cli.cutting import Cuts
from r2cli.export.document import Document, FailedInput, Kind
from r2cli.findings import Moment
from r2cli.present.text import visible
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from r2cli.explanation import Explanation
    from r2cli.findings import Findings, Moment


def say_what_is_missing(everything: Sequence[Findings], threshold: float, talk: Talk) -> None:
    """Say in one line what nothing matches, and where the nearest was.

    Args:
        everything: One per video and query, with all moments.
        threshold: The least score of a match.
        talk: Is told.
    """
    missing = [found for found in everything if _best(found).score < threshold or not found.moments]
    if not missing:
        return
    if len(everything) == 1:
        (one,) = missing
        at = f" at {format_time(_best(one).start)}" if one.moments else ""
        talk.note(
            f"nothing in {one.video.path} matches {one.asked} "
            f"(best score {_best(one).score:.2f}{at}, threshold {threshold:.2f}: see --min-score)"
        )
        return
    nearest = max(missing, key=lambda found: _best(found).score)
    said = f"{_where_nothing_is(everything, missing)} (threshold {threshold:.2f}: see --min-score)"
    if nearest.moments:
        place = f"{nearest.video.path} at {format_time(_best(nearest).start)}, {_best(nearest).score:.2f}"
        several = len({found.query for found in everything}) > 1
        said += f"; nearest: {place}" + (f", {nearest.asked}" if several else "")
    talk.note(said)


def _where_nothing_is(everything: Sequence[Findings], missing: Sequence[Findings]) -> str:
    """In how many videos, and for how many queries, nothing was found."""
    videos, queries = ({key(one) for one in everything} for key in (_video, _query))
    if len(queries) == 1:
        return f"nothing in {len(missing)} of {len(videos)} videos matches {missing[0].asked}"
    if len(videos) == 1:
        return f"nothing in {missing[0].video.path} matches {len(missing)} of {len(queries)} queries"
    lacking = set(map(id, missing))  # compared whole, they are long
    matched = [one for one in everything if id(one) not in lacking]
    empty, unmatched = videos - set(map(_video, matched)), queries - set(map(_query, matched))
    said = []
    if empty:
        said.append(f"nothing in {len(empty)} of {len(videos)} videos")
    if unmatched:
        said.append(f"nothing for {len(unmatched)} of {len(queries)} queries")
    return ", ".join(said) or f"nothing for {len(missing)} of {len(everything)} pairs of a video and a query"


def _video(found: Findings) -> Path:
    return found.video.path


def _query(found: Findings) -> str:
    return found.query


def _best(found: Findings) -> Moment:
    return max(found.moments, key=lambda moment: moment.score, default=Moment(0.0, 0.0, 0.0))


def document_of(
    kind: Kind, findings: Sequence[Findings], failed: Sequence[FailedInput] = (), cuts: Cuts | None = None
) -> Document:
    """Everything in one document, for any format."""
    clips, reel = (None, None) if cuts is None else (tuple(cuts.clips), cuts.reel)
    planned = None if cuts is None else tuple(cuts.trial) or None
    return Document(tuple(findings), tuple(failed), clips, reel, kind, planned=planned)


def show_table(findings: Sequence[Findings], cuts: Cuts | None = None, explanation: Explanation | None = None) -> None:
    """Moments in a table, what was cut of them, curves, and why one is there; nothing, where nothing was found."""
    if not any(found.moments for found in findings):
        return
    from r2cli.present.explanation import explanation_parts
    from r2cli.present.table import curve_lines, moment_table

    answer = Answer()
    curves = curve_lines(findings, unicode=answer.shows_unicode, columns=answer.columns)
    table = moment_table(findings, unicode=answer.shows_unicode)
    told = [] if explanation is None else explanation_parts(explanation)
    answer.show(table, *([] if cuts is None else cuts.tables()), "", *curves, *told)


def show_counts(findings: Sequence[Findings]) -> None:
    """A line for every video and query whose occurrences were counted."""
    counted = [(found, found.count) for found in findings if found.count is not None]
    several_videos = len({found.video.path for found, _ in counted}) > 1
    answer = Answer()
    for found, count in counted:
        place = f" in {found.video.path}" if several_videos else ""
        answer.write(f"{visible(f'{found.asked}{place}: {count}')}\n")
