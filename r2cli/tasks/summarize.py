"""A video told in less time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from r2cli.errors import ArgumentError, option
from r2cli.findings import Findings, Moment, Shot, Summary
from r2cli.memory import Reading
from r2cli.tasks.arguments import checked
from r2cli.tasks.load import DEFAULT_MODEL, name_of
from r2cli.tasks.open_video import open_video
from r2cli.tasks.rate import AUTO, Rated, Rater, Wish
from r2cli.tasks.telling import OnNote, OnWork, counted, log_note

if TYPE_CHECKING:
    from r2cli.cuts import Reel
    from r2cli.video.cutting.plan import ClipPlan
    from r2cli.video.probe import VideoInfo

RATIO = 0.15
"""How much of a video a summary is when nobody says, as in the field's protocol."""
_SHORTEST_SHOT = 1.5
"""Seconds, about; at a clip every two seconds a shot may be one clip."""
_TOUCHING = 1e-6
_THOUSAND = 1000
_ROUNDS = 4
"""How often it is chosen at most: sharper edges change what fits, and other edges come into play."""


FindCut = Callable[[float, float], "float | None"]
"""Looks for the cut between two times, in seconds; None: there is none, or nobody looked."""


def summary_of(rated: Rated, length: float, find_cut: FindCut = lambda start, end: None) -> Summary:
    """Choose what of a rated video is played.

    Args:
        rated: From a `Rater`.
        length: Seconds that the summary shall have; more than the video has is all of it.
        find_cut: As `video.changes.find_cut` of this video. Clips tell to half a clip where a shot begins; this says it
            to the picture, so that no shot opens with the last pictures of another one.
    """
    from r2cli.select.shots import segment
    from r2cli.select.summary import choose_shots, edges_of
    from r2cli.select.timeline import Timeline

    found = rated.findings
    rate = found.sampling.clips_per_second
    curve = np.array([max(clip.score, 0.0) for clip in found.saliency])  # below 0 is no worse than nothing
    timeline = Timeline(curve, rate, rated.end)
    spans = segment(rated.embeddings, shortest=max(1, round(_SHORTEST_SHOT * rate)))
    edges, sharp, among = edges_of(spans, timeline), set[int](), None
    for _ in range(_ROUNDS):
        shots = choose_shots(spans, timeline, rated.embeddings, length, edges=edges, among=among)
        blurred = _open_edges(shots) - sharp
        if not blurred:
            break
        for place in sorted(blurred):
            reach = min(0.5 / rate, (edges[place] - edges[place - 1]) / 2, (edges[place + 1] - edges[place]) / 2)
            edges[place] = find_cut(edges[place] - reach, edges[place] + reach) or edges[place]
        sharp |= blurred
        among = {place for place, shot in enumerate(shots) if shot.played}
    known = {field.name: getattr(found, field.name) for field in fields(Findings)}
    return Summary(
        **{**known, "moments": _as_moments(shots)},
        ground=rated.ground,
        length=min(length, rated.end),
        shots=tuple(shots),
    )


def _open_edges(shots: list[Shot]) -> set[int]:
    """Places of the edges between a shot of which something is played and one of which nothing is."""
    is_played = [shot.played is not None for shot in shots]
    return {place for place in range(1, len(shots)) if is_played[place - 1] != is_played[place]}


def _as_moments(shots: list[Shot]) -> tuple[Moment, ...]:
    played = [Moment(*shot.played, shot.score) for shot in shots if shot.played is not None]
    return tuple(sorted(played, key=lambda moment: (-moment.score, moment.start)))


def write_summary(
    summary: Summary,
    video: VideoInfo,
    target: Path,
    *,
    force: bool = False,
    hwaccel: str = "none",
    on_share: Callable[[float], None] = lambda share: None,
) -> Reel:
    """Write what is played as one film, in order of time, with exactly the length that was asked for.

    Where that is all of the video, and the film is to be a file of the same kind, it is copied.

    Args:
        summary: What to play.
        video: The same video, from `probe`.
        target: Where: .mp4, .mov or .mkv.
        force: Whether a file of that name is overwritten.
        hwaccel: Which graphics card encodes, if any.
        on_share: Is told how much is done, 0 to 1.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
        UnreadableInputError: The video cannot be decoded there.
        FFmpegError: FFmpeg is missing or failed, or the film has not the length that it should have.
    """
    from r2cli.video.reel.whole import can_copy, copy_whole
    from r2cli.video.reel.write import write_reel

    plans = [_plan(video, start, end) for start, end in joined(summary.played)]
    is_whole = len(plans) == 1 and all(shot.played == (shot.start, shot.end) for shot in summary.shots)
    if is_whole and can_copy(video, target) and plans[0].end >= video.duration - _TOUCHING:
        return copy_whole(plans[0], target, force=force)
    length = None if is_whole else summary.length
    return write_reel(plans, target, length=length, force=force, hwaccel=hwaccel, on_share=on_share)


def joined(spans: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Spans in order of time, those that touch as one."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1] + _TOUCHING:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _plan(video: VideoInfo, start: float, end: float) -> ClipPlan:
    """Plan a piece whose edges are rounded to the nearest picture, so that the pieces are as long as was counted."""
    from r2cli.video.cutting.plan import plan_clip

    half = 0.5 / float(video.rate)
    plan = plan_clip(video, min(start + half, video.duration - half), max(end - half, start + half))
    return replace(plan, asked_start=start, asked_end=end)


def budget(duration: float, length: float | None, ratio: float | None) -> float:
    """How many seconds a summary shall have.

    Args:
        duration: Of the video.
        length: Seconds, if those are given.
        ratio: A share of the video, if that is given; if nothing is, `RATIO`.

    Raises:
        ArgumentError: Both are given, or one makes no sense.
    """
    if length is not None and ratio is not None:
        raise ArgumentError(f"both {option('length')} and {option('ratio')}", "say the length either way")
    if length is not None and not 0 < length < float("inf"):
        raise ArgumentError(f"a summary cannot last {length} s", "say how many seconds, as 60")
    if ratio is not None and not 0 < ratio <= 1:
        raise ArgumentError(f"{option('ratio')} {ratio} is no share", "say one, as 0.15")
    return length if length is not None else (RATIO if ratio is None else ratio) * duration


@checked
def summarize(
    video: str | Path,
    out: str | Path | None = None,
    *,
    length: float | None = None,
    ratio: float | None = None,
    about: str | None = None,
    model: str | Path = DEFAULT_MODEL,
    domain: str = AUTO,
    device: str = "auto",
    precision: str = "auto",
    sampling: str = "auto",
    cache: bool = True,
    force: bool = False,
    on_note: OnNote | None = None,
    on_progress: OnWork | None = None,
) -> Summary:
    """Tell a video in less time.

    >>> summary = r2cli.summarize("holiday.mp4", "short.mp4", length=60)
    >>> summary.played

    Args:
        video: Path of the video, of any length.
        out: Where to write it as a film (.mp4, .mov, .mkv); None: nowhere.
        length: Seconds of the summary.
        ratio: Or the share of the video that it shall have; without either, 0.15.
        about: What it is to be about; None: whatever stands out.
        model: A checkpoint's name, or the path of one.
        domain: What kind of video it is: `auto`, `none`, or a highlight checkpoint's name.
        device: As for `r2cli.find`.
        precision: As for `r2cli.find`.
        sampling: As for `r2cli.find`.
        cache: As for `r2cli.find`.
        force: Whether `out` may be overwritten.
        on_note: As for `r2cli.find`.
        on_progress: As for `r2cli.find`; while the film is written, told how many thousandths of it are done.

    Returns:
        All shots of the video, with what is played of each and why.

    Raises:
        R2Error: As `r2cli.find` does; or the film cannot be written.
    """
    from r2cli.video.changes import find_cut
    from r2cli.video.reel.write import require_reel

    budget(1.0, length, ratio)  # what makes no sense shows before any work
    if out is not None:
        require_reel(Path(out), force=force)
    wish, info = Wish(about, name_of(model), domain), open_video(video)
    seconds = budget(info.duration, length, ratio)
    rater = Rater(wish, device=device, precision=precision, on_note=log_note if on_note is None else on_note)
    rated = rater.rate(info, Reading(sampling=sampling, cache=cache), partial(counted, on_progress, info))
    summary = summary_of(rated, seconds, partial(find_cut, info))
    if out is not None:
        write_summary(summary, info, Path(out), force=force, on_share=_thousandths(on_progress))
    return summary


def _thousandths(on_progress: OnWork | None) -> Callable[[float], None]:
    if on_progress is None:
        return lambda share: None
    return lambda share: on_progress(round(share * _THOUSAND), _THOUSAND)
