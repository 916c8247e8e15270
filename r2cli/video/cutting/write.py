"""Writing clips that were planned, and holding them to the plan."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from r2cli.cuts import Clip, CutMode
from r2cli.errors import FFmpegError, R2Error, UnreadableInputError, option
from r2cli.timecode import format_time
from r2cli.video.cutting.edges import write_smart
from r2cli.video.cutting.encoders import PictureEncoder
from r2cli.video.cutting.exact import jump_to, picture_filters, write_exact
from r2cli.video.cutting.hardware import THUMBNAIL, encode_with, look_alike
from r2cli.video.cutting.light import first_picture
from r2cli.video.cutting.measure import measure
from r2cli.video.cutting.plan import ClipPlan
from r2cli.video.cutting.run import OnShare, input_options
from r2cli.video.cutting.sound import hold_sound
from r2cli.video.cutting.splice import Part, write_parts
from r2cli.video.ffmpeg import file_url
from r2cli.video.pictures import CLOCK_ERROR
from r2cli.writing import beside

_LOG = logging.getLogger(__name__)

_MEASURE_ERROR = 2 * CLOCK_ERROR
"""Seconds: a clip's length is a difference of two timestamps."""


def write_clip(
    plan: ClipPlan,
    target: Path,
    *,
    force: bool = False,
    hwaccel: str = "none",
    on_share: OnShare = lambda share: None,
) -> Clip:
    """Write a planned clip, and measure what was written.

    Args:
        plan: From `plan_clip`.
        target: Where; the folder must exist.
        force: Whether a file of that name is overwritten.
        hwaccel: Which graphics card encodes where everything is encoded, as in `encoders.CHOICES`; where that fails,
            the processor does.
        on_share: Is told how much is done, 0 to 1.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
        UnreadableInputError: Some of its pictures cannot be decoded.
        FFmpegError: FFmpeg is missing or failed, or the clip is not what was planned.
    """
    with beside(target, force=force) as unfinished, _blaming(plan.video.path):
        note = "; ".join(filter(None, (plan.note, plan.tracks.note)))
        if plan.mode is CutMode.EXACT:
            note = "; ".join(filter(None, (note, _write_exact(plan, unfinished, target, hwaccel, on_share))))
        else:
            _WRITERS[plan.mode](plan, unfinished, on_share)
            _check(plan, unfinished, target)
    _LOG.debug("%s: written, %s", target, plan.mode.value)
    return Clip(
        path=target,
        video=plan.video.path,
        mode=plan.mode,
        asked_start=plan.asked_start,
        asked_end=plan.asked_end,
        start=plan.start,
        end=plan.end,
        note=note,
    )


@contextmanager
def _blaming(source: Path) -> Iterator[None]:
    try:
        yield
    except (R2Error, OSError) as error:
        if source.exists():
            raise
        raise UnreadableInputError(f"{source}: it went away while it was cut", "is its disk still there?") from error


def _write_exact(plan: ClipPlan, unfinished: Path, target: Path, hwaccel: str, on_share: OnShare) -> str:
    """Give a line for the user about what is not as it was wanted."""

    def write(encoder: PictureEncoder) -> None:
        write_exact(plan.video, plan.span, plan.coding, plan.tracks, encoder, unfinished, on_share)
        _check(plan, unfinished, target)

    coding = plan.coding
    note = encode_with(
        *(hwaccel, write, lambda: _resembles(plan, unfinished)),
        is_deep=coding.depth > 8,
        is_interlaced=coding.interlaced,
        light=first_picture(plan.video, plan.span).light.parameters if coding.depth > 8 else (),
    )
    return "; ".join(filter(None, (note, hold_sound(plan, unfinished, target))))


def _resembles(plan: ClipPlan, written: Path) -> bool:
    filters = ",".join([*picture_filters(plan.span), THUMBNAIL])
    source = [*input_options(plan.video, jump_to(plan.video, plan.span)), "-map", f"0:{plan.video.stream_index}"]
    return look_alike(["-copyts", *source, "-vf", filters], ["-i", file_url(written), "-vf", THUMBNAIL])


def _write_copy(plan: ClipPlan, target: Path, on_share: OnShare) -> None:
    part = Part(plan.video, plan.copied, -plan.span.start, can_jump=plan.span.key is not None)
    write_parts(plan.video, [part], plan.span, plan.tracks, target, on_share)


def _write_smart(plan: ClipPlan, target: Path, on_share: OnShare) -> None:
    if plan.smart is None:
        raise ValueError("not a smart plan")
    write_smart(plan.video, plan.smart, plan.span, plan.coding, plan.tracks, target, on_share)


_WRITERS: dict[CutMode, Callable[[ClipPlan, Path, OnShare], None]] = {
    CutMode.COPY: _write_copy,
    CutMode.SMART: _write_smart,
}


def _check(plan: ClipPlan, written: Path, target: Path) -> None:
    span, found = plan.span, measure(written)
    if found.count < span.count:
        raise UnreadableInputError(
            f"{plan.video.path}: only {found.count} of {span.count} pictures from {format_time(plan.start)} on "
            "can be decoded",
            "the video is damaged there; choose another span",
        )
    is_late = abs(found.reach - (span.last - span.start)) > _MEASURE_ERROR
    if found.count > span.count or is_late or abs(found.length - span.length) > span.longest + _MEASURE_ERROR:
        raise FFmpegError(
            f"{target}: {found.count} pictures in {float(found.length):.3f} s came out, not {span.count} in "
            f"{float(span.length):.3f} s",
            f"please report it, with the video if you can; {option('cut', 'exact')} may work",
        )
