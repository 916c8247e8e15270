"""The sound of a reel: each piece exactly as long as its pictures, to the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from r2cli.video.cutting.listen import Listener, Samples
from r2cli.writing import explained

if TYPE_CHECKING:
    from r2cli.video.cutting.plan import ClipPlan
    from r2cli.video.cutting.run import OnShare
    from r2cli.video.reel.layout import Piece

SOUND_RATE = 48_000
CHANNELS = 2


@dataclass(frozen=True)
class ReelSound:
    """The sound of a reel, as raw 32-bit samples."""

    path: Path
    incomplete: tuple[Path, ...]
    """Videos whose sound cannot be decoded, all or in part, where it was wanted: it is silent there."""


def write_sound(pieces: Sequence[Piece], rate: Fraction, path: Path, on_share: OnShare) -> ReelSound | None:
    """Write the sound of all pieces one after the other as raw 32-bit samples.

    Where pieces begin and end is rounded from the reel's beginning, not from piece to piece: errors do not add up.

    Args:
        pieces: In order.
        rate: The reel's pictures per second.
        path: Where.
        on_share: Progress.

    Returns:
        What was written; None, and nothing is, if no piece has any.

    Raises:
        CommandLineError: There is no room for it.
    """
    if not any(piece.plan.coding.audio for piece in pieces):
        return None
    held: Samples = np.zeros((0, CHANNELS), np.float32)
    incomplete: dict[Path, None] = {}
    with explained(path.parent), path.open("wb") as file:
        for number, piece in enumerate(pieces, start=1):
            begin, end = sample_at(piece.begin, rate), sample_at(piece.stop, rate)
            fade_out = end - sample_at(piece.stop - piece.fade_out, rate)
            sound, is_complete = _piece_sound(piece.plan, end - begin)
            incomplete |= {} if is_complete else {piece.plan.video.path: None}
            sound[: len(held)] = crossfaded(held, sound[: len(held)])
            file.write(sound[: len(sound) - fade_out].tobytes())
            held = sound[len(sound) - fade_out :]
            on_share(number / len(pieces))
    return ReelSound(path, tuple(incomplete))


def sample_at(picture: int, rate: Fraction) -> int:
    """The sample that sounds when a picture of the reel begins."""
    return round(picture / rate * SOUND_RATE)


def crossfaded(one: Samples, other: Samples) -> Samples:
    """Let one sound turn into another of the same length; the loudness of unlike sounds stays."""
    angle = (np.arange(len(one), dtype=np.float32)[:, None] + 0.5) / max(len(one), 1) * np.pi / 2
    return (one * np.cos(angle) + other * np.sin(angle)).astype(np.float32)


def _piece_sound(plan: ClipPlan, count: int) -> tuple[Samples, bool]:
    """The sound of a piece, and whether all that is coded of it could be decoded."""
    sound = np.zeros((count, CHANNELS), np.float32)
    if not plan.coding.audio:
        return sound, True
    track, span = plan.coding.audio[0], plan.span
    listener = Listener(plan.video, track.index, span.start, span.end, SOUND_RATE, CHANNELS)
    for place, samples in listener.runs():
        came = samples[: max(count - place, 0)]
        sound[place : place + len(came)] = came
    return sound, listener.is_complete
