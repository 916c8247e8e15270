"""`--snap`: ends of moments that are edges of shots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from r2cli.cli.console import Talk
from r2cli.findings import Findings, Moment
from r2cli.settings import Snap
from r2cli.tasks.snap import snap_to_shots

if TYPE_CHECKING:
    from r2cli.video import VideoInfo

FindingsT = TypeVar("FindingsT", bound=Findings)
SnapOption = Annotated[
    Snap,
    typer.Option(
        "--snap",
        help="shot: move the ends of each moment to the nearest cut of the film, by no more than a clip of the model "
        "and less than half of the moment; an end with no cut near it stays.",
    ),
]


@dataclass(frozen=True)
class Snapping:
    """Whether and where the ends of moments are moved."""

    way: Snap
    talk: Talk

    def apply(
        self,
        found: Sequence[FindingsT],
        videos: Iterable[VideoInfo],
        is_meant: Callable[[Moment], bool] = lambda moment: True,
    ) -> list[FindingsT]:
        """The findings with their moments where they are to be; those of other videos stay as they are."""
        if self.way == "none":
            return list(found)
        known = {video.path: video for video in videos}
        return [self._snapped(one, known, is_meant) for one in found]

    def _snapped(
        self, found: FindingsT, videos: dict[Path, VideoInfo], is_meant: Callable[[Moment], bool]
    ) -> FindingsT:
        video = videos.get(found.video.path)
        if video is None:
            return found
        with self.talk.progress("finding where shots begin", len(found.moments)) as on_moment:
            return snap_to_shots(found, video, is_meant=is_meant, on_moment=on_moment)
