"""From a picture as it was decoded to a square frame, by the same FFmpeg filters wherever it is decoded."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from r2cli.video.sampling.frames import Framing

if TYPE_CHECKING:
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

_TURNS = {0: [], 90: [("transpose", "clock")], 180: [("hflip", ""), ("vflip", "")], 270: [("transpose", "cclock")]}
"""What ``ffmpeg`` puts before all other filters, by the degrees clockwise that a picture is turned for display."""
_UNIT = 1 << 16
_MATRICES = {
    (_UNIT, 0, 0, _UNIT): 0,
    (0, _UNIT, -_UNIT, 0): 90,
    (-_UNIT, 0, 0, -_UNIT): 180,
    (0, -_UNIT, _UNIT, 0): 270,
}
"""Display matrices that turn a picture and do nothing else; some mirror it."""


class UnusualPictureError(Exception):
    """A picture that only the ``ffmpeg`` program itself is sure to show as it is meant."""


def scale_options(framing: Framing) -> dict[str, str]:
    """Options of the ``scale`` filter that makes pixels square and the short side, or both, as long as a frame's."""
    size = framing.size
    # The last two make the result the same on every processor.
    flags = f"{framing.interpolation}+full_chroma_int+accurate_rnd+bitexact"
    if framing.resize == "squash":
        return {"w": f"{size}", "h": f"{size}", "flags": flags}
    return {
        "w": f"if(gte(dar,1),round({size}*dar),{size})",
        "h": f"if(gte(dar,1),{size},round({size}/dar))",
        "flags": flags,
    }


class Framer:
    """Makes square frames of decoded pictures; the filters are built anew whenever the pictures change their kind."""

    def __init__(self, framing: Framing, aspect: Fraction | None) -> None:
        """Make a framer.

        Args:
            framing: How.
            aspect: Width of a pixel by its height, as the container says.
        """
        self._framing = framing
        self._aspect = aspect or Fraction(1)
        self._kind: tuple[object, ...] = ()
        self._graph: Graph | None = None

    def frame(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """The square frame of a picture, ``[S, S, 3]``.

        Raises:
            UnusualPictureError: The picture is mirrored, or turned by an odd angle.
        """
        size, colours = (picture.width, picture.height), (picture.colorspace, picture.color_range)
        kind = (*size, picture.format.name, *colours, picture.rotation)
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = self._build(picture), kind
        self._graph.vpush(picture)
        return np.asarray(self._graph.vpull().to_ndarray(), np.uint8)

    def _build(self, picture: VideoFrame) -> Graph:
        graph = Graph()
        if hasattr(graph, "threads"):  # newer than the oldest PyAV
            graph.threads = 1  # whoever decodes has threads enough
        source = (
            f"video_size={picture.width}x{picture.height}:pix_fmt={picture.format.name}:time_base=1/1000"
            f":pixel_aspect={self._aspect.numerator}/{self._aspect.denominator}"
            f":colorspace={picture.colorspace}:range={picture.color_range}"
        )
        chain: list[FilterContext] = [graph.add("buffer", source)]
        chain += [graph.add(name, arguments) for name, arguments in _TURNS[turn_of(picture)]]
        chain.append(graph.add("scale", **scale_options(self._framing)))
        chain.append(graph.add("crop", f"{self._framing.size}:{self._framing.size}"))
        chain += [graph.add("format", "rgb24"), graph.add("buffersink")]
        graph.link_nodes(*chain).configure()
        return graph


def turn_of(picture: VideoFrame) -> int:
    """Degrees clockwise that a picture is turned for display: 0, 90, 180 or 270.

    Raises:
        UnusualPictureError: The picture is mirrored, or turned by an odd angle.
    """
    side_data: Any = picture.side_data  # its stub knows of motion vectors only
    if "DISPLAYMATRIX" not in side_data:
        return 0
    matrix = struct.unpack("=9i", bytes(side_data["DISPLAYMATRIX"])[:36])
    turn = _MATRICES.get((matrix[0], matrix[1], matrix[3], matrix[4]))
    if turn is None:
        raise UnusualPictureError(f"a display matrix that does more than turn: {matrix}")
    return turn
