"""`r2 cut`: clips from findings that were saved, without searching again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer

from r2cli.cli.answering import document_of
from r2cli.cli.console import Answer, Talk
from r2cli.cli.cutting import Cuts, cut_request, make_cuts
from r2cli.cli.exporting import Writing, plan_exports
from r2cli.cli.exports import Exports
from r2cli.cli.loading import Failures
from r2cli.cli.options import Cutting, HwaccelOption
from r2cli.cli.saved import probe_saved, read_document
from r2cli.cli.snapping import SnapOption, Snapping
from r2cli.errors import CommandLineError
from r2cli.export.document import Kind
from r2cli.findings import Findings, ranked

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


def cut(
    findings: Annotated[
        Path,
        typer.Argument(metavar="FINDINGS.json", help="What `r2 find --json` wrote; - reads standard input."),
    ],
    ranks: Annotated[
        str | None, typer.Option("--ranks", metavar="LIST", help="Only these places in the ranking, as 1,3-5.")
    ] = None,
    snap: SnapOption = "none",
    hwaccel: HwaccelOption = "none",
    *,
    cutting: Cutting,
    writing: Writing,
) -> int:
    """Cut clips from saved findings, without searching again.

    With other padding, of other ranks; it needs no model.

    \b
    r2 find holiday.mp4 "a dog jumps" --json > findings.json
    r2 cut findings.json --clips dogs --pad 2
    r2 cut findings.json --clips dogs --ranks 1,3-5
    r2 cut findings.json --reel dogs.mp4 --crossfade 0.5
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if cutting.reel is not None and "clips" in cutting.by_settings:  # a place of clips was not asked for this time
        cutting = replace(cutting, clips=None)
    exports = plan_exports(writing, Kind.CUTS, force=cutting.force, is_trial=cutting.dry_run)
    request = cut_request(cutting, hwaccel, exports)
    if request.is_empty:
        raise CommandLineError("nothing to do", "say where to: --clips DIR or --reel FILE; files alone: r2 export")
    chosen = None if ranks is None else parse_ranks(ranks)
    talk, work = Talk(writing.quiet), _Work()
    document = read_document(findings)
    saved = document.located()
    _require_ranks(saved, chosen)
    videos = probe_saved(document, saved, work.fail, talk, ranks=chosen)
    meant = {id(one) for rank, (one, _) in enumerate(ranked(saved), start=1) if chosen is None or rank in chosen}
    found = Snapping(snap, talk).apply(saved, videos.values(), lambda moment: id(moment) in meant)
    try:
        make_cuts(request, found, videos, work.cuts, talk, work.fail, ranks=chosen)
    finally:
        _show(work, exports, talk)
    return work.exit_code(found=work.cuts.are_any)


@dataclass
class _Work(Failures):
    """What has come out so far."""

    cuts: Cuts = field(default_factory=Cuts)


def parse_ranks(text: str) -> frozenset[int]:
    """Read a list of ranks: ``1,3-5`` is 1, 3, 4 and 5.

    Raises:
        CommandLineError: It is none.
    """
    ranks: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last or last - first > 1_000_000:
            raise CommandLineError(f"--ranks {text!r} is not a list of ranks", "as in: --ranks 1,3-5")
        ranks.update(range(first, last + 1))
    return frozenset(ranks)


def _require_ranks(saved: tuple[Findings, ...], chosen: frozenset[int] | None) -> None:
    count = sum(len(found.moments) for found in saved)
    if chosen is not None and min(chosen) > count:
        raise CommandLineError(
            f"there is no rank {min(chosen)}: the findings hold {count} moments", "find more with: r2 find --top N"
        )


def _show(work: _Work, exports: Exports, talk: Talk) -> None:
    if not exports.answers and (tables := work.cuts.tables()):
        Answer().show(*tables[1:])
    exports.write(document_of(Kind.CUTS, (), work.failed, work.cuts), talk)
