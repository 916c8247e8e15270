"""The best stretches of a video."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np

from r2cli.findings import DEFAULT_TOP, Findings, Highlight, Highlights
from r2cli.memory import Reading
from r2cli.tasks.arguments import checked
from r2cli.tasks.load import DEFAULT_MODEL, name_of
from r2cli.tasks.open_video import open_video
from r2cli.tasks.rate import AUTO, Rated, Rater, Wish
from r2cli.tasks.snap import snap_to_shots
from r2cli.tasks.telling import OnNote, OnWork, counted, log_note


def highlights_of(
    rated: Rated, *, top: int | None = DEFAULT_TOP, length: float | None = None, min_score: float | None = None
) -> Highlights:
    """The best stretches of a rated video.

    Where a text was asked for, saliency says which seconds show it best, and moments whether it is there at all: the
    score of a stretch is that of the moment that its peak lies in. Elsewhere it is its mean saliency. Either has to
    reach the threshold.

    Args:
        rated: From a `Rater`.
        top: At most so many; None: all.
        length: Seconds of every stretch; None: as the curve goes.
        min_score: The threshold, 0 to 1; None: the model's own.
    """
    from r2cli.select.highlights import select_highlights

    found, kind = rated.findings, rated.ground.kind
    threshold = rated.min_score if min_score is None else min_score
    is_free = kind == "text" or (kind == "title" and min_score is None)  # a model's own threshold is one for moments
    stretches = select_highlights(
        np.array([clip.score for clip in found.saliency]),
        found.sampling.clips_per_second,
        rated.end,
        length=length,
        min_score=-math.inf if is_free else threshold,
    )
    if kind == "text":
        held = (replace(one, score=_moment_score(one, found)) for one in stretches)
        stretches = sorted((one for one in held if one.score >= threshold), key=lambda one: -one.score)
    known = {field.name: getattr(found, field.name) for field in fields(Findings)}
    return Highlights(**{**known, "moments": tuple(stretches[:top])}, ground=rated.ground)


def _moment_score(stretch: Highlight, found: Findings) -> float:
    """The score of the best moment that a stretch has its peak in; less than any threshold where there is none."""
    return max((one.score for one in found.moments if one.start <= stretch.peak <= one.end), default=-math.inf)


@checked
def highlight(
    video: str | Path,
    about: str | None = None,
    *,
    model: str | Path = DEFAULT_MODEL,
    top: int | None = DEFAULT_TOP,
    length: float | None = None,
    domain: str = AUTO,
    min_score: float | None = None,
    snap: str = "none",
    device: str = "auto",
    precision: str = "auto",
    sampling: str = "auto",
    cache: bool = True,
    on_note: OnNote | None = None,
    on_progress: OnWork | None = None,
) -> Highlights:
    """Find the best stretches of a video.

    >>> best = r2cli.highlight("holiday.mp4", top=3, length=10)

    Args:
        video: Path of the video, of any length.
        about: What they are to be about; None: whatever stands out.
        model: A checkpoint's name, or the path of one.
        top: At most so many stretches; None: all.
        length: Seconds of every stretch; None: as the curve of saliency goes, 4 to 20 seconds.
        domain: What kind of video it is: `auto`, `none`, or a highlight checkpoint's name.
        min_score: Leave out stretches with a lower score, 0 to 1; None: the checkpoint's own threshold. With `about`,
            the score of a stretch is that of the moment that its peak is in.
        snap: As for `r2cli.find`.
        device: As for `r2cli.find`.
        precision: As for `r2cli.find`.
        sampling: As for `r2cli.find`.
        cache: As for `r2cli.find`.
        on_note: As for `r2cli.find`.
        on_progress: As for `r2cli.find`.

    Returns:
        Stretches without overlap in `moments`, best first, each with the time of its peak.

    Raises:
        R2Error: As `r2cli.find` does.
    """
    wish, info = Wish(about, name_of(model), domain), open_video(video)
    rater = Rater(wish, device=device, precision=precision, on_note=log_note if on_note is None else on_note)
    rated = rater.rate(info, Reading(sampling=sampling, cache=cache), partial(counted, on_progress, info))
    found = highlights_of(rated, top=top, length=length, min_score=min_score)
    return snap_to_shots(found, info) if snap == "shot" else found
