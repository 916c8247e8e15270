"""What a search came to, shown: the answer on standard output, what is missing in the talk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from r2cli.cli.console import Answer, Talk
from r2cli.cli.cutting import Cuts
from r2cli.export.document import Document, FailedInput, Kind

if TYPE_CHECKING:
    from r2cli.findings import Findings


def say_what_is_missing(everything: Sequence[Findings], threshold: float, talk: Talk) -> None:
    """Say of each query that nothing matches how near the nearest came."""
    for found in everything:
        best = max((moment.score for moment in found.moments), default=0.0)
        if not found.moments or best < threshold:
            talk.note(
                f'nothing in {found.video.path} matches "{found.query}" '
                f"(best score {best:.2f}, threshold {threshold:.2f}: see --min-score)"
            )


def document_of(
    kind: Kind, findings: Sequence[Findings], failed: Sequence[FailedInput] = (), cuts: Cuts | None = None
) -> Document:
    """Everything in one document, for any format."""
    clips, reel = (None, None) if cuts is None else (tuple(cuts.clips), cuts.reel)
    return Document(tuple(findings), tuple(failed), clips, reel, kind)


def show_table(findings: Sequence[Findings], cuts: Cuts | None = None) -> None:
    """Moments in a table, what was cut of them, and curves; nothing, where nothing was found."""
    if not any(found.moments for found in findings):
        return
    from r2cli.present.table import curve_lines, moment_table

    answer = Answer()
    curves = curve_lines(findings, unicode=answer.shows_unicode)
    answer.show(moment_table(findings), *([] if cuts is None else cuts.tables()), "", *curves)
