"""Choosing coded pictures that can be shown without the rest of the film."""

from __future__ import annotations

from fractions import Fraction

from r2cli.video.pictures import CLOCK_ERROR, Picture, Stretch


def copied_from(stretch: Stretch, key: Fraction, end: Fraction, *, beyond: bool) -> tuple[Picture, ...]:
    """Pictures from a keyframe on that leave no gap when they are decoded without those that follow.

    Pictures that are shown before the keyframe though decoded after it are left out: they refer to what came before.

    Args:
        stretch: Pictures around the clip.
        key: When the keyframe is shown.
        end: When the clip should end.
        beyond: Whether the result may reach a little beyond `end`, rather than stop a little before.

    Returns:
        In the order in which they are decoded; empty if nothing can be copied.
    """
    begin = next((n for n, one in enumerate(stretch.decoded) if one.is_key and one.stamp == key), None)
    if begin is None:
        return ()
    pictures = [one for one in stretch.decoded[begin:] if one.stamp >= key]
    due = sorted(one.stamp for one in pictures if one.shown)
    best: tuple[Picture, ...] = ()
    latest, count = key, 0
    for number, one in enumerate(pictures, start=1):
        latest, count = max(latest, one.stamp) if one.shown else latest, count + one.shown
        is_closed = count > 0 and due[count - 1] == latest
        if not is_closed:
            continue
        if latest < end - CLOCK_ERROR:
            best = tuple(pictures[:number])
        elif beyond and not (best and _reaches(due, best, end)):
            return tuple(pictures[:number])
        else:
            break
    return best


def _reaches(due: list[Fraction], pictures: tuple[Picture, ...], end: Fraction) -> bool:
    """Whether no picture is missing that begins before `end`."""
    count = sum(one.shown for one in pictures)
    return count == len(due) or due[count] >= end - CLOCK_ERROR
