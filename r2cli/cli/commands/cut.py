"""`r2 cut`: clips from findings that were saved, without searching again."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk, warnings_as_notes
from r2cli.cli.cutting import Clips, Crossfade, Cuts, Force, Mode, Pad, ReelFile, cut_request, make_cuts
from r2cli.cli.loading import Failures
from r2cli.cli.options import AsJson, Hwaccel, Quiet
from r2cli.errors import CommandLineError, UnreadableInputError

if TYPE_CHECKING:
    from r2cli.findings import Findings
    from r2cli.video import VideoInfo

FOUND, NOTHING = 0, 1
_LARGEST_FILE = 256_000_000
"""Bytes; more than a year of film needs."""
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)
_OTHER_VIDEO = 1.0
"""Seconds by which a video may have changed its length since it was searched."""


def cut(
    findings: Annotated[
        Path,
        typer.Argument(metavar="FINDINGS.json", help="What `r2 find --json` wrote; - reads standard input."),
    ],
    clips: Clips = None,
    reel: ReelFile = None,
    pad: Pad = None,
    crossfade: Crossfade = None,
    mode: Mode = None,
    ranks: Annotated[
        str | None, typer.Option("--ranks", metavar="LIST", help="Only these places in the ranking, as 1,3-5.")
    ] = None,
    hwaccel: Hwaccel = "none",
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Cut clips from saved findings: other padding, other ranks, no second search and no model.

    \b
    r2 find holiday.mp4 "a dog jumps" --json > findings.json
    r2 cut findings.json --clips dogs --pad 2
    r2 cut findings.json --clips dogs --ranks 1,3-5
    r2 cut findings.json --reel dogs.mp4 --crossfade 0.5
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.export.json.saved import read_json

    request = cut_request(clips=clips, reel=reel, pad=pad, crossfade=crossfade, mode=mode, force=force, hwaccel=hwaccel)
    if request.is_empty:
        raise CommandLineError("nothing to do", "say where to: --clips DIR or --reel FILE")
    chosen = None if ranks is None else parse_ranks(ranks)
    talk, work = Talk(quiet), _Work()
    saved = read_json(_read(findings), str(findings))
    _require_ranks(saved, chosen)
    videos = _probe_videos(saved, chosen, work, talk)
    try:
        make_cuts(request, saved, videos, work.cuts, talk, work.fail, ranks=chosen)
    finally:
        _show(work, as_json)
    return work.exit_code


@dataclass
class _Work(Failures):
    """What has come out so far."""

    cuts: Cuts = field(default_factory=Cuts)

    @property
    def exit_code(self) -> int:
        if self.failed:
            return UnreadableInputError.exit_code
        return FOUND if self.cuts.clips or self.cuts.reel else NOTHING


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


def _read(path: Path) -> str:
    if path == Path("-"):
        data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
            raise UnreadableInputError(
                f"{path}: {reason}", "save findings with: r2 find VIDEO QUERY --json > findings.json"
            ) from error
    if len(data) > _LARGEST_FILE:
        raise UnreadableInputError(f"{path}: too large for findings", "name a file that r2 find --json wrote")
    return data.decode("utf-8-sig", errors="replace")


def _require_ranks(saved: tuple[Findings, ...], chosen: frozenset[int] | None) -> None:
    count = sum(len(found.moments) for found in saved)
    if chosen is not None and min(chosen) > count:
        raise CommandLineError(
            f"there is no rank {min(chosen)}: the findings hold {count} moments", "find more with: r2 find --top N"
        )


def _probe_videos(
    saved: tuple[Findings, ...], chosen: frozenset[int] | None, work: _Work, talk: Talk
) -> dict[Path, VideoInfo]:
    from r2cli.findings import ranked
    from r2cli.tasks.open_video import open_video
    from r2cli.video import DamagedVideoWarning

    used = {
        found.video.path: found
        for rank, (_, found) in enumerate(ranked(saved), start=1)
        if chosen is None or rank in chosen
    }
    videos = {}
    with warnings_as_notes(DamagedVideoWarning, talk):
        for path, found in used.items():
            try:
                videos[path] = open_video(path)
            except UnreadableInputError as error:
                work.fail(path, error)
                continue
            if abs(videos[path].duration - found.video.duration) > _OTHER_VIDEO:
                talk.note(f"{path}: its length has changed since it was searched; the clips may show something else")
    return videos


def _show(work: _Work, as_json: bool) -> None:
    answer = Answer()
    if as_json:
        from r2cli.export.document import Document
        from r2cli.export.json.findings import write_cuts

        answer.write(write_cuts(Document((), tuple(work.failed), clips=tuple(work.cuts.clips), reel=work.cuts.reel)))
    elif work.cuts.tables():
        answer.show(*work.cuts.tables()[1:])
