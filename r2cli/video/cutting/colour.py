"""What the numbers of a picture mean once they are luma and chroma at half the resolution, as encoders take them."""

from __future__ import annotations

import av

from r2cli.video.streams import Coding

Colour = tuple[int, int, int, int]
"""Range, primaries, transfer and matrix, by their numbers in ITU-T H.273."""

_LIMITED, _FULL = 1, 2
_RGB, _BT709, _UNKNOWN, _BT2020 = 0, 1, 2, 9
_MATRICES = {_BT709: "bt709", _BT2020: "bt2020"}


def is_rgb(coding: Coding) -> bool:
    """Whether samples are red, green and blue, or entries of a palette of them."""
    if not coding.pixel_format:
        return False
    pixels = av.VideoFormat(coding.pixel_format)
    return bool(pixels.is_rgb or pixels.has_palette)


def limited(coding: Coding) -> Colour:
    """The colour of a source's pictures when they are brought to limited range, where black is 16 of 255.

    What is red, green and blue gets the matrix of HD, or that of its wide primaries; what nobody stated stays unstated.
    """
    reach, primaries, transfer, matrix = coding.colour
    if is_rgb(coding):
        return _LIMITED, primaries, transfer, _BT2020 if primaries == _BT2020 else _BT709
    return _LIMITED if reach == _FULL else reach, primaries, transfer, _UNKNOWN if matrix == _RGB else matrix


def matrix_option(matrix: int) -> str:
    """How FFmpeg's `scale` is told which matrix its output has; empty where it is the input's."""
    return f":out_color_matrix={_MATRICES[matrix]}" if matrix in _MATRICES else ""


def rgb_filters(coding: Coding) -> list[str]:
    """Filters that turn red, green and blue into what `limited` says, and say so; none for other sources."""
    if not is_rgb(coding):
        return []
    matrix = limited(coding)[3]
    return [
        f"scale=out_range=tv{matrix_option(matrix)},format={_luma(coding)}",
        f"setparams=range=tv:colorspace={matrix}",
    ]


def _luma(coding: Coding) -> str:
    return "yuv420p10le" if coding.depth > 8 else "yuv420p"
