"""Several clips at once: planned and named together, so that a mistake shows before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from r2cli.cuts import Clip, CutMode, Pad
from r2cli.errors import R2Error, UnreadableInputError
from r2cli.video.cutting.film import Film, open_film
from r2cli.video.cutting.names import NamedSpan, clip_name, distinct
from r2cli.video.cutting.plan import ClipPlan, plan_from
from r2cli.video.cutting.run import OnShare
from r2cli.video.cutting.write import write_clip
from r2cli.video.probe import VideoInfo
from r2cli.writing import require_folder, require_free

_PATIENCE = 0.5
"""Seconds: on Windows, Ctrl-C does not get through to a thread that waits without end."""


@dataclass(frozen=True)
class Wanted:
    """A span of a video that somebody wants to have."""

    video: VideoInfo
    start: float
    end: float
    """Both in seconds from the video's first picture; they may reach beyond it."""
    query: str = ""
    """What was looked for; for the clip's name."""
    rank: int = 0
    moment: tuple[float, float] | None = None
    """What was wanted before more was."""

    def padded(self, pad: Pad) -> Wanted:
        """With so much more before and behind it, as far as there is video."""
        if pad == Pad():
            return self
        return replace(
            self,
            moment=(self.start, self.end),
            start=max(0.0, self.start - pad.before),
            end=max(min(self.video.duration, self.end + pad.after), self.end),
        )


@dataclass(frozen=True)
class NamedPlan:
    """A clip that can be written, and its name."""

    wanted: Wanted
    plan: ClipPlan
    target: Path


OnFailure = Callable[[Path, UnreadableInputError], None]


def plan_clips(
    wanted: Sequence[Wanted],
    folder: Path,
    mode: CutMode,
    *,
    force: bool,
    on_failure: OnFailure,
    naming: Callable[[NamedSpan], str] | None = None,
    is_trial: bool = False,
) -> list[NamedPlan]:
    """Plan clips and name them after their videos, their times and what was looked for.

    Args:
        wanted: What to cut.
        folder: Where the clips will be; it is made if it is missing.
        mode: How to cut.
        force: Whether files of the same names may be overwritten.
        on_failure: Is told which video cannot be cut, and why; the others are planned all the same.
        naming: Makes their names, without suffixes; None: as `clip_name` does.
        is_trial: Whether nothing will be written, and the folder is left as it is.

    Raises:
        CommandLineError: A name is taken, or the folder cannot be written to.
    """
    if not is_trial:
        require_folder(folder)
    plans = _planned(wanted, mode, on_failure)
    names = distinct(_name(one, plan, naming) for one, plan in plans)
    targets = [folder / name for name in names]
    for target in targets:
        require_free(target, force=force)
    return [NamedPlan(one, plan, target) for (one, plan), target in zip(plans, targets, strict=True)]


def _name(wanted: Wanted, plan: ClipPlan, naming: Callable[[NamedSpan], str] | None) -> str:
    path = wanted.video.path
    if naming is None:
        return clip_name(path, plan.start, wanted.query, plan.suffix)
    return naming(NamedSpan(path, plan.start, plan.end, wanted.query, wanted.rank)) + plan.suffix


def _planned(wanted: Sequence[Wanted], mode: CutMode, on_failure: OnFailure) -> list[tuple[Wanted, ClipPlan]]:
    """What can be cut, in the same order; each film is opened once."""
    plans: dict[int, ClipPlan] = {}
    places: dict[Path, list[int]] = {}
    for place, one in enumerate(wanted):
        places.setdefault(one.video.path, []).append(place)
    for own in places.values():
        with ExitStack() as stack:
            film: Film | None = None
            for one, place in ((wanted[place], place) for place in own):
                try:
                    film = film or stack.enter_context(open_film(one.video))
                    plans[place] = plan_from(film, one.start, one.end, mode)
                except UnreadableInputError as error:
                    on_failure(one.video.path, error)
    return [(one, plans[place]) for place, one in enumerate(wanted) if place in plans]


def write_clips(
    plans: Sequence[NamedPlan],
    *,
    force: bool,
    hwaccel: str = "none",
    on_failure: OnFailure,
    on_seconds: Callable[[float], None] = lambda done: None,
) -> Iterator[Clip]:
    """Write planned clips; two at a time where little of them is encoded, as that by itself leaves cores idle.

    Args:
        plans: From `plan_clips`.
        force: Whether files of the same names may be overwritten.
        hwaccel: Which graphics card encodes, as in `encoders.CHOICES`; where that fails, the processor does.
        on_failure: Is told which video cannot be cut, and why.
        on_seconds: Is told how many seconds of clips are done; in other threads.

    Yields:
        Each clip when it is finished, in the order of the plans.

    Raises:
        CommandLineError: A name was taken meanwhile, or the folder cannot be written to.
        FFmpegError: FFmpeg is missing or failed.
    """
    shares = _Shares([float(one.plan.span.length) for one in plans], on_seconds)
    pool = ThreadPoolExecutor(_at_once(plans, hwaccel), thread_name_prefix="r2-cut")
    fatal: R2Error | None = None
    try:
        written = [
            pool.submit(write_clip, one.plan, one.target, force=force, hwaccel=hwaccel, on_share=shares.of(number))
            for number, one in enumerate(plans)
        ]
        for number, (one, future) in enumerate(zip(plans, written, strict=True)):
            _wait_for(future)
            try:
                yield replace(future.result(), rank=one.wanted.rank, moment=one.wanted.moment)
            except UnreadableInputError as error:
                on_failure(one.wanted.video.path, error)
            except (_GivenUpError, CancelledError):
                continue
            except R2Error as error:
                fatal = fatal or error
                shares.give_up()
                for other in written:
                    other.cancel()
            shares.end(number)
    finally:
        shares.give_up()
        pool.shutdown(cancel_futures=True)
    if fatal is not None:
        raise fatal  # not before those were told of that were finished before it


def _at_once(plans: Sequence[NamedPlan], hwaccel: str) -> int:
    """How many clips to write at a time: one that is encoded whole keeps all cores busy, and takes much memory."""
    return 2 if hwaccel == "none" and all(one.plan.mode is not CutMode.EXACT for one in plans) else 1


def _wait_for(future: Future[Clip]) -> None:
    while not wait([future], timeout=_PATIENCE).done:
        pass


class _GivenUpError(Exception):
    """Nobody wants the clip any more."""


class _Shares:
    """How much of each clip is done; the way, too, to end those that are being written."""

    def __init__(self, lengths: Sequence[float], on_seconds: Callable[[float], None]) -> None:
        self._lengths, self._on_seconds = lengths, on_seconds
        self._done = [0.0] * len(lengths)
        self._lock = Lock()
        self._is_given_up = False

    def of(self, number: int) -> OnShare:
        """Is told how much of one clip is done."""

        def on_share(share: float) -> None:
            if self._is_given_up:
                raise _GivenUpError
            with self._lock:
                self._done[number] = share * self._lengths[number]
                self._on_seconds(sum(self._done))

        return on_share

    def end(self, number: int) -> None:
        """No more will come of this clip."""
        with self._lock:
            self._done[number] = self._lengths[number]
            self._on_seconds(sum(self._done))

    def give_up(self) -> None:
        """Let those who write stop the next time that they tell of their work."""
        self._is_given_up = True


def plan_reel(wanted: Sequence[Wanted], *, on_failure: OnFailure) -> list[ClipPlan]:
    """Plan the pieces of a reel: video by video, each in order of time; pieces that overlap become one.

    Args:
        wanted: What to show; the videos come in the order in which they are first named here.
        on_failure: Is told which video cannot be cut, and why.
    """
    return [plan for _, plan in _planned(_joined(wanted), CutMode.EXACT, on_failure)]


def _joined(wanted: Sequence[Wanted]) -> list[Wanted]:
    order = {path: place for place, path in enumerate(dict.fromkeys(one.video.path for one in wanted))}
    joined: list[Wanted] = []
    for one in sorted(wanted, key=lambda each: (order[each.video.path], each.start)):
        if joined and joined[-1].video.path == one.video.path and one.start <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined
