"""Holding a clip's sound to its source: FFmpeg falls silent where it cannot decode, and says nothing about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.video.cutting.listen import Listener
from r2cli.video.cutting.run import encode, sound_encoder
from r2cli.video.ffmpeg import file_url
from r2cli.video.opening import opened
from r2cli.video.probe import VideoInfo, probe
from r2cli.video.streams import AudioStream
from r2cli.writing import explained

if TYPE_CHECKING:
    from r2cli.video.cutting.plan import ClipPlan

_BLOCKS = 10
"""Stretches per second of which it is told whether anything is heard."""
_SILENT, _AUDIBLE = 1e-4, 4e-3
"""Of full scale: below the one is what an encoder leaves of silence, above the other what it cannot have left out."""
_LONG = 5
"""Blocks of silence that are looked into."""
_MISSED = 3
"""Blocks that are heard in the source and not in the clip, with which it is written anew."""
_LENGTH_ERROR = Fraction(1, 10)
"""Seconds; sound comes in packets."""

Loudness = NDArray[np.float32]
"""[blocks]: the greatest sample in each, of 1."""


@dataclass(frozen=True)
class _Raw:
    """Sound that was decoded here, as raw 32-bit samples."""

    path: Path
    loudness: Loudness
    is_complete: bool


def hold_sound(plan: ClipPlan, written: Path, target: Path) -> str:
    """Compare the sound of a clip with that of its source, and write it anew where it is not that.

    Where the sound's rate or channels change, or where the `ffmpeg` program lacks a decoder, it is decoded here.

    Args:
        plan: Of an exact clip.
        written: The clip.
        target: What the user calls it.

    Returns:
        A line for the user if some sound cannot be decoded at all.

    Raises:
        CommandLineError: There is no room for it.
        FFmpegError: FFmpeg is missing or failed.
    """
    better: dict[int, Path] = {}
    silent: list[str] = []
    for number, track in enumerate(plan.coding.audio):
        heard, is_as_long = _clip_sound(written, number, plan.span.length)
        if is_as_long and _longest_silence(heard) < min(_LONG, len(heard)):
            continue
        raw = _decoded(plan.video, track, (plan.span.start, plan.span.end), written.with_name(f"sound-{number}"))
        missed = int(((raw.loudness > _AUDIBLE) & (heard[: len(raw.loudness)] < _SILENT)).sum())
        if not is_as_long or missed >= min(_MISSED, len(heard)):
            better[number] = raw.path
        if not raw.is_complete:
            silent.append(f"sound track {number + 1} ({track.codec}) cannot be decoded{_where(raw)}")
    if better:
        _write_anew(written, plan.coding.audio, better, target, plan.span.count)
    return f"{plan.video.path}: {', '.join(silent)}" if silent else ""


def _where(raw: _Raw) -> str:
    return " in places, and is silent there" if raw.loudness.any() else ", and is silent"


def _clip_sound(written: Path, number: int, length: Fraction) -> tuple[Loudness, bool]:
    """How loud a clip is, and whether its sound is as long as it should be."""
    with opened(written) as container:
        index = container.streams.audio[number].index
    listener = Listener(probe(written), index, Fraction(0), length, 48_000, 2)
    loudness = np.zeros(_block_count(length), np.float32)
    for place, samples in listener.runs():
        _note_loudness(loudness, place, samples, 48_000)
    return loudness, abs(listener.decoded - length) <= _LENGTH_ERROR


def _block_count(length: Fraction) -> int:
    return max(1, -(-length * _BLOCKS // 1))


def _note_loudness(loudness: Loudness, place: int, samples: NDArray[np.float32], rate: int) -> None:
    blocks = np.minimum((place + np.arange(len(samples))) * _BLOCKS // rate, len(loudness) - 1)
    np.maximum.at(loudness, blocks, np.abs(samples).max(axis=1))


def _longest_silence(loudness: Loudness) -> int:
    """Blocks."""
    longest = current = 0
    for is_silent in loudness < _SILENT:
        current = current + 1 if is_silent else 0
        longest = max(longest, current)
    return longest


def _decoded(video: VideoInfo, track: AudioStream, span: tuple[Fraction, Fraction], path: Path) -> _Raw:
    """Decode sound into a file, silence where there is none."""
    length, width = span[1] - span[0], track.channels * 4
    loudness = np.zeros(_block_count(length), np.float32)
    listener = Listener(video, track.index, *span, track.rate, track.channels)
    with explained(path.parent), path.open("wb") as file:
        for place, samples in listener.runs():
            file.seek(place * width)
            file.write(samples.tobytes())
            _note_loudness(loudness, place, samples, track.rate)
        file.truncate(round(length * track.rate) * width)
    return _Raw(path, loudness, listener.is_complete)


def _write_anew(
    written: Path, tracks: Sequence[AudioStream], better: dict[int, Path], target: Path, pictures: int
) -> None:
    """Put other sound into a clip; all else is copied."""
    inputs, maps = ["-i", file_url(written)], ["-map", "0:v", "-c", "copy", *sound_encoder(tracks)]
    for number, track in enumerate(tracks):
        if number in better:
            raw = ["-f", "f32le", "-ar", str(track.rate), "-ac", str(track.channels)]
            inputs += [*raw, "-i", file_url(better[number])]
            maps += ["-map", f"{inputs.count('-i') - 1}:a", f"-map_metadata:s:a:{number}", f"0:s:a:{number}"]
        else:
            maps += ["-map", f"0:a:{number}", f"-c:a:{number}", "copy"]
    anew = written.with_name(f"anew{written.suffix}")
    rest = ["-map", "0:s?", "-map_chapters", "0", "-movflags", "+faststart", "-write_tmcd", "0", "-f", "mp4"]
    encode([*inputs, *maps, *rest, file_url(anew)], target, pictures, lambda share: None)
    os.replace(anew, written)
