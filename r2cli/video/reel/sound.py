"""The sound of a reel: each piece exactly as long as its pictures, to the sample."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.files import explained
from r2cli.video.cutting.exact import PREROLL, sound_filters
from r2cli.video.cutting.run import input_options
from r2cli.video.ffmpeg import ffmpeg_path, run_ffmpeg

if TYPE_CHECKING:
    from r2cli.video.cutting.plan import ClipPlan
    from r2cli.video.cutting.run import OnShare
    from r2cli.video.reel.layout import Piece

SOUND_RATE = 48_000
CHANNELS = 2

Samples = NDArray[np.float32]
"""[samples, CHANNELS]"""


def write_sound(pieces: Sequence[Piece], rate: Fraction, path: Path, on_share: OnShare) -> bool:
    """Write the sound of all pieces one after the other as raw 32-bit samples.

    Where pieces begin and end is rounded from the reel's beginning, not from piece to piece: errors do not add up.

    Args:
        pieces: In order.
        rate: The reel's pictures per second.
        path: Where.
        on_share: Progress.

    Returns:
        Whether there is any; otherwise nothing is written.

    Raises:
        CommandLineError: There is no room for it.
    """
    if not any(piece.plan.coding.audio for piece in pieces):
        return False
    held: Samples = np.zeros((0, CHANNELS), np.float32)
    with explained(path.parent), path.open("wb") as file:
        for number, piece in enumerate(pieces, start=1):
            begin, end = sample_at(piece.begin, rate), sample_at(piece.stop, rate)
            fade_out = end - sample_at(piece.stop - piece.fade_out, rate)
            sound = _piece_sound(piece.plan, end - begin)
            sound[: len(held)] = crossfaded(held, sound[: len(held)])
            file.write(sound[: len(sound) - fade_out].tobytes())
            held = sound[len(sound) - fade_out :]
            on_share(number / len(pieces))
    return True


def sample_at(picture: int, rate: Fraction) -> int:
    """The sample that sounds when a picture of the reel begins."""
    return round(picture / rate * SOUND_RATE)


def crossfaded(one: Samples, other: Samples) -> Samples:
    """Let one sound turn into another of the same length; the loudness of unlike sounds stays."""
    angle = (np.arange(len(one), dtype=np.float32)[:, None] + 0.5) / max(len(one), 1) * np.pi / 2
    return (one * np.cos(angle) + other * np.sin(angle)).astype(np.float32)


def _piece_sound(plan: ClipPlan, count: int) -> Samples:
    sound = np.zeros((count, CHANNELS), np.float32)
    if not plan.coding.audio:
        return sound
    with run_ffmpeg(_decoder(plan)) as running:
        data = running.stdout.read(count * CHANNELS * sound.itemsize)
    came = np.frombuffer(data[: len(data) - len(data) % (CHANNELS * sound.itemsize)], "<f4").reshape(-1, CHANNELS)
    sound[: len(came)] = came
    return sound


def _decoder(plan: ClipPlan) -> list[str]:
    begin = None if plan.span.key is None else plan.span.start - PREROLL
    return [
        *[ffmpeg_path(), "-hide_banner", "-nostdin", "-loglevel", "repeat+error", "-copyts"],
        *[*input_options(plan.video, begin), "-map", f"0:{plan.coding.audio[0].index}"],
        *["-af", ",".join([*sound_filters(plan.span, SOUND_RATE), f"aformat=sample_rates={SOUND_RATE}"])],
        *["-ac", str(CHANNELS), "-f", "f32le", "pipe:1"],
    ]
