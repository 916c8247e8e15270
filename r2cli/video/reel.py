"""Many pieces, one film: everything is brought to one format and encoded once, so that nothing can drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from r2cli.errors import CommandLineError, FFmpegError
from r2cli.video.cut import ClipPlan, measure
from r2cli.video.encode import OnShare, even
from r2cli.video.reel_sound import write_sound
from r2cli.video.reel_stream import Format, Piece, encode_pieces
from r2cli.video.target import beside, require_free

REEL_SUFFIXES = (".mp4", ".mov", ".mkv")
_RATES = (
    *(Fraction(rate) for rate in (1, 5, 10, 12, 15)),
    *(Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(48)),
    *(Fraction(50), Fraction(60000, 1001), Fraction(60), Fraction(100), Fraction(120)),
)
_NEARLY = Fraction(99, 100)
_BT709 = (1, 1, 1, 1)
"""Limited range; primaries, transfer and matrix of HD television (ITU-T H.273)."""


@dataclass(frozen=True)
class ReelPart:
    """One piece of a reel."""

    video: Path
    asked_start: float
    asked_end: float
    start: float
    end: float
    """All four in seconds from the first picture of the video."""
    at: float
    """When it begins in the reel, s."""


@dataclass(frozen=True)
class Reel:
    """A reel that was written and measured."""

    path: Path
    duration: float
    """Seconds."""
    width: int
    height: int
    rate: Fraction
    parts: tuple[ReelPart, ...]
    note: str = ""


def require_reel(target: Path, *, force: bool) -> None:
    """See that a reel can be written there, before any work.

    Raises:
        CommandLineError: It cannot.
    """
    if target.suffix.lower() not in REEL_SUFFIXES:
        raise CommandLineError(f"{target}: a reel is one of {', '.join(REEL_SUFFIXES)}", "as in: --reel reel.mp4")
    if not target.parent.is_dir():
        raise CommandLineError(f"there is no folder {target.parent}", "make it, or choose another")
    require_free(target, force=force)


def write_reel(
    plans: Sequence[ClipPlan],
    target: Path,
    *,
    crossfade: float = 0.0,
    force: bool = False,
    on_share: OnShare = lambda share: None,
) -> Reel:
    """Join clips into one film.

    Size and rate are those in which most of the reel's seconds were filmed; other pictures are fitted in between black
    bars. Sound is stereo at 48 kHz, from the first track of each video; where there is none, there is silence.

    Args:
        plans: Exact plans, in the order of the reel.
        target: Where.
        crossfade: Seconds in which one piece turns into the next; less where a piece is too short for it.
        force: Whether a file of that name is overwritten.
        on_share: Is told how much is done, 0 to 1.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
        UnreadableInputError: A piece cannot be decoded.
        FFmpegError: FFmpeg is missing or failed, or the reel has not the length that it should have.
    """
    require_reel(target, force=force)
    form = common_format(plans)
    pieces = lay_out(plans, form.rate, crossfade)
    length = pieces[-1].begin + pieces[-1].count
    with beside(target, force=force) as unfinished:
        sound = unfinished.with_name("sound")
        has_sound = write_sound(pieces, form.rate, sound)
        encode_pieces(pieces, form, sound if has_sound else None, unfinished, target, on_share)
        sound.unlink(missing_ok=True)
        _check(unfinished, target, length, form.rate)
    short = crossfade > 0 and any(piece.fade_in < round(Fraction(crossfade) * form.rate) for piece in pieces[1:])
    return Reel(
        path=target,
        duration=float(length / form.rate),
        width=form.width,
        height=form.height,
        rate=form.rate,
        parts=tuple(_part(piece, form.rate) for piece in pieces),
        note="some pieces are too short for the whole crossfade; theirs is half of the piece" if short else "",
    )


def common_format(plans: Sequence[ClipPlan]) -> Format:
    """The format in which most of the seconds are."""
    sizes: Counter[tuple[int, int]] = Counter()
    rates: Counter[Fraction] = Counter()
    for plan in plans:
        milliseconds = round(plan.span.length * 1000)
        sizes[even(plan.video.width), even(plan.video.height)] += milliseconds
        rates[_steady_rate(plan)] += milliseconds
    (width, height), rate = sizes.most_common(1)[0][0], rates.most_common(1)[0][0]
    colours = {(plan.coding.depth > 8, plan.coding.colour) for plan in plans}
    (is_deep, colour), is_one = next(iter(colours)), len(colours) == 1
    return Format(width, height, rate, is_deep and is_one, colour if is_one else _BT709, converts=not is_one)


def _steady_rate(plan: ClipPlan) -> Fraction:
    rate = plan.video.rate
    if plan.span.is_constant(rate):
        return rate
    return next((standard for standard in _RATES if standard >= rate * _NEARLY), _RATES[-1])


def lay_out(plans: Sequence[ClipPlan], rate: Fraction, crossfade: float) -> list[Piece]:
    """Give each piece its place, counted in pictures."""
    counts = [max(1, round(plan.span.length * rate)) for plan in plans]
    wish = round(Fraction(crossfade) * rate)
    fades = [0, *(min(wish, one // 2, other // 2) for one, other in zip(counts, counts[1:], strict=False)), 0]
    pieces, begin = [], 0
    for number, (plan, count) in enumerate(zip(plans, counts, strict=True)):
        begin -= fades[number]
        pieces.append(Piece(plan, begin, count, fades[number], fades[number + 1]))
        begin += count
    return pieces


def _part(piece: Piece, rate: Fraction) -> ReelPart:
    plan = piece.plan
    at = float(piece.begin / rate)
    return ReelPart(plan.video.path, plan.asked_start, plan.asked_end, plan.start, plan.end, at)


def _check(written: Path, target: Path, count: int, rate: Fraction) -> None:
    pictures, length = measure(written)
    if pictures != count or abs(length - count / rate) > 1 / rate:
        raise FFmpegError(
            f"{target}: {pictures} pictures in {float(length):.3f} s came out, not {count}", "please report it"
        )
