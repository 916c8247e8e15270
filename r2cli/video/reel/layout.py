"""A reel on paper: what all of its pictures have in common, and the place of each piece, counted in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from r2cli.video.cutting.colour import Colour, limited
from r2cli.video.cutting.plan import ClipPlan, plan_clip
from r2cli.video.cutting.run import even

_RATES = (
    *(Fraction(rate) for rate in (1, 5, 10, 12, 15)),
    *(Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(48)),
    *(Fraction(50), Fraction(60000, 1001), Fraction(60), Fraction(100), Fraction(120)),
)
_NEARLY = Fraction(99, 100)
_BT709 = (1, 1, 1, 1)
"""Limited range; primaries, transfer and matrix of HD television (ITU-T H.273)."""


@dataclass(frozen=True)
class Format:
    """What all pictures of a reel have in common."""

    width: int
    height: int
    rate: Fraction
    is_deep: bool
    """10 bits per sample rather than 8."""
    colour: Colour
    """Of limited range, or not stated."""
    converts: bool
    """Whether pieces differ in colour, and are all brought to this one."""

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of how pixels are stored."""
        return "yuv420p10le" if self.is_deep else "yuv420p"

    @property
    def picture_bytes(self) -> int:
        """Size of one picture."""
        return self.width * self.height * 3 // 2 * (2 if self.is_deep else 1)


@dataclass(frozen=True)
class Piece:
    """A clip in its place in a reel."""

    plan: ClipPlan
    begin: int
    """The reel's picture with which it begins."""
    count: int
    """Its pictures, at the reel's rate."""
    fade_in: int
    fade_out: int
    """How many of them it shares with the pieces before and behind."""

    @property
    def stop(self) -> int:
        """The reel's picture before which it ends."""
        return self.begin + self.count


def common_format(plans: Sequence[ClipPlan]) -> Format:
    """The format in which most of the seconds are."""
    sizes: Counter[tuple[int, int]] = Counter()
    rates: Counter[Fraction] = Counter()
    for plan in plans:
        milliseconds = round(plan.span.length * 1000)
        sizes[even(plan.video.width), even(plan.video.height)] += milliseconds
        rates[_steady_rate(plan)] += milliseconds
    (width, height), rate = sizes.most_common(1)[0][0], rates.most_common(1)[0][0]
    colours = {(plan.coding.depth > 8, limited(plan.coding)) for plan in plans}
    (is_deep, colour), is_one = next(iter(colours)), len(colours) == 1
    return Format(width, height, rate, is_deep and is_one, colour if is_one else _BT709, converts=not is_one)


def _steady_rate(plan: ClipPlan) -> Fraction:
    rate = plan.video.rate
    if plan.span.is_constant(rate):
        return rate
    return next((standard for standard in _RATES if standard >= rate * _NEARLY), _RATES[-1])


def lay_out(plans: Sequence[ClipPlan], rate: Fraction, crossfade: float, pictures: int | None = None) -> list[Piece]:
    """Give each piece its place.

    Args:
        plans: In the order of the reel.
        rate: The reel's pictures per second.
        crossfade: Seconds in which one piece turns into the next; at most half of a piece.
        pictures: How many the reel may have; what is too much is taken from its end. None: all there are.
    """
    counts = [whole_count(plan, rate) for plan in plans]
    wish = round(Fraction(crossfade) * rate)
    if pictures is not None:
        while len(counts) > 1 and (excess := _total(counts, wish) - pictures) > 0:
            counts[-1] -= excess  # a fade that becomes shorter gives some back: once more
            if counts[-1] < 1:
                counts.pop()
        counts[-1] = min(counts[-1], pictures) if len(counts) == 1 else counts[-1]
    fades = [0, *_fades(counts, wish), 0]
    pieces, begin = [], 0
    for number, (plan, count) in enumerate(zip(plans, counts, strict=False)):
        begin -= fades[number]
        pieces.append(Piece(plan, begin, count, fades[number], fades[number + 1]))
        begin += count
    return pieces


def whole_count(plan: ClipPlan, rate: Fraction) -> int:
    """How many pictures a clip has at a rate."""
    return max(1, round(plan.span.length * rate))


def _fades(counts: Sequence[int], wish: int) -> list[int]:
    return [min(wish, one // 2, other // 2) for one, other in zip(counts, counts[1:], strict=False)]


def _total(counts: Sequence[int], wish: int) -> int:
    return sum(counts) - sum(_fades(counts, wish))


def prolonged(plans: Sequence[ClipPlan], rate: Fraction, crossfade: float, pictures: int) -> list[ClipPlan]:
    """Let clips last longer, the last one first, until they fill a reel or until there is no more video.

    Rounding to pictures, and fades, take away what this gives back.

    Args:
        plans: In the order of the reel.
        rate: The reel's pictures per second.
        crossfade: Seconds.
        pictures: How many the reel shall have.

    Raises:
        UnreadableInputError: A video cannot be read there.
    """
    result = list(plans)
    for place in reversed(range(len(result))):
        missing = pictures - lay_out(result, rate, crossfade)[-1].stop
        if missing <= 0:
            break
        plan = result[place]
        end = min(plan.end + float((missing + 1) / rate), _room_behind(plan, result))
        if end > plan.end:
            longer = plan_clip(plan.video, plan.start, end)
            result[place] = replace(longer, asked_start=plan.asked_start, asked_end=plan.asked_end)
    return result


def _room_behind(plan: ClipPlan, plans: Sequence[ClipPlan]) -> float:
    later = (one.start for one in plans if one.video.path == plan.video.path and one.start >= plan.end)
    return min(later, default=plan.video.duration)
