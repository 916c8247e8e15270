"""Small films made with FFmpeg whose every picture says its own number: a sampled frame can be held to its time."""

from __future__ import annotations

import subprocess
from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from r2cli.video import ffmpeg_path

GRID = 4
CORNERS = {0: 1, GRID - 1: 0, GRID * (GRID - 1): 0, GRID * GRID - 1: 0}
"""Only the top left corner is white: a picture that lies on its side or on its head cannot be read."""
BITS = [block for block in range(GRID * GRID) if block not in CORNERS]

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def number_picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a number in binary as black and white blocks that fill the picture's central square.

    Returns:
        RGB, [height, width, 3]; grey beside the square.
    """
    blocks = np.zeros(GRID * GRID, np.uint8)
    for block, bit in CORNERS.items():
        blocks[block] = 255 * bit
    for place, block in enumerate(BITS):
        blocks[block] = 255 * (number >> place & 1)
    side = min(width, height)
    cell = np.arange(side) * GRID // side
    square = blocks.reshape(GRID, GRID)[cell][:, cell]
    picture = np.full((height, width), 128, np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    picture[top : top + side, left : left + side] = square
    return np.repeat(picture[:, :, None], 3, axis=2)


def read_number(pixels: NDArray[np.uint8]) -> int:
    """Read the number back from a sampled frame, [3, S, S].

    Raises:
        ValueError: The picture is not upright, not centred, or not one of ours.
    """
    side = pixels.shape[-1]
    light = pixels.astype(float).mean(axis=0)
    middles = (np.arange(GRID) + 0.5) * side / GRID
    reach = max(1, side // (GRID * 4))
    levels = [
        light[int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach].mean() for y in middles for x in middles
    ]
    if any(64 < level < 192 for level in levels) or any((levels[block] > 128) != bit for block, bit in CORNERS.items()):
        raise ValueError(f"no number can be read from blocks {np.round(levels)}")
    return sum(int(levels[block] > 128) << place for place, block in enumerate(BITS))


def even_times(frames: int, rate: Fraction | int) -> list[Fraction]:
    """When each picture of a film of constant rate begins, in seconds."""
    return [Fraction(frame) / rate for frame in range(frames)]


def uneven_times(*pieces: tuple[int, Fraction]) -> list[Fraction]:
    """When each picture begins in a film of pieces (number of pictures, seconds that each lasts)."""
    lengths = [length for count, length in pieces for _ in range(count)]
    return [sum(lengths[:frame], Fraction(0)) for frame in range(len(lengths))]


def expected_numbers(times: Sequence[Fraction], clips: int, clips_per_second: Fraction | int) -> list[int]:
    """The picture that is due for each clip: the last one that begins before the clip's middle."""
    middles = [(clip + Fraction(1, 2)) / clips_per_second for clip in range(clips)]
    return [max(bisect_left(times, middle) - 1, 0) for middle in middles]


def run_ffmpeg(*arguments: str | Path, stdin: bytes | None = None) -> None:
    """Run ffmpeg and fail with what it said."""
    command = [ffmpeg_path(), "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.decode(errors='replace')}")


def make_film(
    path: Path,
    *,
    frames: int = 100,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (160, 96),
    stored_size: tuple[int, int] | None = None,
    rotation: int = 0,
    pieces: Sequence[tuple[int, Fraction]] = (),
    encoder: Sequence[str] = H264,
    audio_seconds: float = 0,
    output: Sequence[str] = (),
) -> Path:
    """Make a film of numbered pictures.

    Args:
        path: Where; the suffix chooses the container.
        frames: How many pictures, numbered from 0; at most 4096.
        rate: Pictures per second.
        size: Width and height as shown, in square pixels.
        stored_size: Width and height as stored, before `rotation`, in pixels that need not be square.
        rotation: Degrees clockwise that a player must turn the stored picture (MP4, MOV); it is stored turned back.
        pieces: For a variable rate instead of `frames` and `rate`: (number of pictures, seconds that each lasts).
        encoder: Video encoder options.
        audio_seconds: Length of a tone beside the picture; 0 for none.
        output: More output options.
    """
    frames = sum(count for count, _ in pieces) or frames
    stored = [_stored(number_picture(frame, *size), stored_size, rotation) for frame in range(frames)]
    height, width = stored[0].shape[:2]
    across, down = size if rotation % 180 == 0 else size[::-1]
    target = path.with_name(f"unturned-{path.name}") if rotation else path
    aspect = Fraction(across * height, down * width) if stored_size else Fraction(1)
    filters = [f"setsar={aspect.numerator}/{aspect.denominator}"]
    timing: list[str] = []
    if pieces:
        filters += ["settb=1/1000", f"setpts={_ticks(pieces)}"]
        timing = ["-fps_mode", "passthrough", "-enc_time_base", "1/1000"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "pipe:"]
    tone = ["-f", "lavfi", "-t", str(audio_seconds), "-i", "sine"] if audio_seconds else []
    run_ffmpeg(
        *raw,
        *tone,
        "-vf",
        ",".join(filters),
        *timing,
        *encoder,
        *output,
        target,
        stdin=b"".join(f.tobytes() for f in stored),
    )
    if rotation:
        run_ffmpeg("-display_rotation", str(-rotation), "-i", target, "-c", "copy", path)
        target.unlink()
    return path


def _stored(shown: NDArray[np.uint8], stored_size: tuple[int, int] | None, rotation: int) -> NDArray[np.uint8]:
    turned = np.rot90(shown, rotation // 90)  # rot90 turns against the clock
    if stored_size is None:
        return turned
    rows = np.arange(stored_size[1]) * turned.shape[0] // stored_size[1]
    columns = np.arange(stored_size[0]) * turned.shape[1] // stored_size[0]
    return turned[rows][:, columns]


def _ticks(pieces: Sequence[tuple[int, Fraction]]) -> str:
    """When picture N begins, in milliseconds, as an FFmpeg expression."""
    first, begin, expression = 0, 0, ""
    for count, length in pieces:
        step = length * 1000
        expression += f"+between(N\\,{first}\\,{first + count - 1})*({begin}+(N-{first})*{step})"
        first, begin = first + count, begin + int(count * step)
    return expression.removeprefix("+")
