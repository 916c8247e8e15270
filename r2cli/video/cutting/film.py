"""A video that is open: whatever is read of it in order to cut it is read here, and it is opened once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from r2cli.cuts import CutMode
from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.bitstream.coded import Coded, look_for
from r2cli.video.cutting.tracks import Tracks, tracks_in
from r2cli.video.demuxing import DAMAGE, WITHOUT_INDEX, has_times, only_stream
from r2cli.video.opening import opened
from r2cli.video.pictures import CLOCK_ERROR, Picture, Span, Stretch, picture_packets, seek_time, stamp_of
from r2cli.video.probe import VideoInfo
from r2cli.video.streams import STATES_FIELDS, Coding, coding_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

_REORDER = 20
"""Pictures: more than any decoder may hold back (16) before it shows the next one."""
_SLACKS = (0, 3, 30, None)
"""Seconds to look back for a keyframe when seeking lands behind it; None: from the beginning."""
_STORAGE_ORDER = ("avi", {"h264", "hevc", "vvc"})
"""A container that numbers pictures as they are stored, and codecs of which FFmpeg cannot tell how they are shown."""


@contextmanager
def open_film(video: VideoInfo) -> Iterator[Film]:
    """A video for as long as something is read of it.

    Args:
        video: From `probe`.

    Raises:
        UnreadableInputError: It cannot be opened any more.
    """
    film = Film(video)
    try:
        yield film
    finally:
        film.close()


class Film:
    """One open video: how it is coded, and its pictures by stretches. Not for two threads at a time."""

    def __init__(self, video: VideoInfo) -> None:
        self.video = video
        self._stack = ExitStack()
        self._container = self._open()
        self._is_read = False
        is_timed, (container, codecs) = has_times(self._container), _STORAGE_ORDER
        # Without an index, FFmpeg reads on for what it seeks until it gives up, and goes on from there.
        self._can_jump = is_timed and not video.container.endswith("_pipe")
        self._counts_as_stored = not is_timed or (video.container == container and video.codec in codecs)

    def close(self) -> None:
        """Let go of the file."""
        self._stack.close()

    @cached_property
    def coding(self) -> Coding:
        """How its picture and sound are coded."""
        coding = coding_of(self._container, self.video)
        if not STATES_FIELDS:
            self._is_read = True
        return coding

    def tracks(self, span: Span, mode: CutMode, suffix: str) -> Tracks:
        """What goes with a span of its picture into a clip of that kind of file."""
        return tracks_in(self._container, self.video, span, mode, suffix)

    def stretch(self, start: float, end: float) -> Stretch:
        """The pictures from the keyframe at or before `start` to a little after `end`.

        Args:
            start: Seconds from the first picture.
            end: The same.

        Raises:
            UnreadableInputError: There is no picture there.
        """
        begin, until = (Fraction(self.video.start) + Fraction(time) for time in (start, end))
        for slack in _SLACKS:
            seek = self._aim(begin, slack)
            stretch = self._stretch(seek, until)
            if stretch.reaches_back_to(begin) or (seek is None and stretch.stamps):
                return stretch if self._finds(stretch, begin) else replace(stretch, can_jump=False)
        raise UnreadableInputError(
            f"{self.video.path}: there is no picture at {format_time(start)}", "copy or download the video again"
        )

    def _aim(self, begin: Fraction, slack: int | None) -> Fraction | None:
        if slack is None or not self._can_jump or begin - slack <= Fraction(self.video.start):
            return None
        return begin - slack

    def _stretch(self, seek: Fraction | None, end: Fraction) -> Stretch:
        try:
            decoded = tuple(self._scan(seek, end))
        except DAMAGE:  # of the seeking alone
            self._can_jump, decoded = False, ()
        origin = Fraction(self.video.start) if self._counts_as_stored else None
        return Stretch(decoded, self.video.rate, self._can_jump and origin is None, origin)

    def _finds(self, stretch: Stretch, begin: Fraction) -> bool:
        """Whether a decoder that jumps to where the picture on screen must be decoded from comes there.

        In a film with several edits, times occur twice: there one lands anywhere.
        """
        span = stretch.span(begin, begin)
        aim = None if span.key is None else seek_time(self.video, span.key, span.shortest)
        if aim is None or self.video.container in WITHOUT_INDEX:
            return True
        for packet in self._packets(aim):
            stamp = stamp_of(packet)
            if packet.is_keyframe and stamp == span.key:
                return True
            if stamp >= span.start and not packet.is_discard:
                return False
        return False

    def _scan(self, seek: Fraction | None, end: Fraction) -> Iterator[Picture]:
        is_begun, after_end = seek is None, 0
        look = look_for(self.video.codec, self.coding.extradata)
        for packet in self._packets(seek):
            is_begun = is_begun or packet.is_keyframe
            if is_begun:
                picture = self._picture(packet, look(memoryview(packet)))
                yield picture
                after_end += picture.shown and picture.stamp >= end
            if after_end > _REORDER:
                return

    def _packets(self, seek: Fraction | None) -> Iterator[Packet[Any]]:
        if self._is_read and seek is None:
            self._container = self._open()  # nothing finds its own beginning again for certain
        self._is_read = True
        return picture_packets(self._container, self.video, seek)

    def _picture(self, packet: Packet[Any], coded: Coded) -> Picture:
        stamp = stamp_of(packet)
        is_entry = packet.is_keyframe
        return Picture(
            stamp=stamp,
            length=(packet.duration or 0) * (packet.time_base or Fraction(0)),
            is_key=is_entry and not coded.recovery,
            shown=stamp >= Fraction(self.video.start) - CLOCK_ERROR and coded.is_shown and not packet.is_discard,
            is_timed=packet.pts is not None and not (self._counts_as_stored and self._reorders),
            is_left_out=packet.is_discard,
            restarts=coded.restarts,
            is_reference=coded.is_reference,
            recovery=coded.recovery if is_entry else 0,
        )

    def _open(self) -> InputContainer:
        self._stack.close()
        try:
            container = self._stack.enter_context(opened(self.video.path))
        except DAMAGE as error:
            raise UnreadableInputError(
                f"{self.video.path}: it cannot be opened any more", "is its disk still there?"
            ) from error
        self._reorders = only_stream(container, self.video.stream_index).codec_context.has_b_frames
        return container
