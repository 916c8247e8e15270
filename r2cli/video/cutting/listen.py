"""Sound as it is decoded here, each sample at its own time: whatever it changes to on the way, whatever is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from r2cli.errors import UnreadableInputError
from r2cli.video.opening import demuxed, opened
from r2cli.video.pictures import stamp_of
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

PREROLL = Fraction(1, 2)
"""Seconds of sound that are decoded before a clip: the first packet after a jump lacks its predecessor's overlap."""
_SEEK_BEFORE = Fraction(2)
"""Seconds to aim before that: sound may be stored later than the picture that it belongs to."""
_JUMP = Fraction(1, 100)
"""Seconds; by less, the times that a container rounds may differ from where the sound has come to."""

_UNHEARD = Fraction(1, 4)
"""Seconds; where sound begins, ends and changes, decoders give a little less than there are packets of."""

Samples = NDArray[np.float32]
"""[samples, channels]"""


class Listener:
    """Decodes one sound track between two times.

    Args:
        video: From `probe`.
        index: The track's place among all streams.
        start: Container time, s.
        end: The same.
        rate: Samples per second that it is brought to.
        channels: To how many: 1, 2, or the track's own number.
    """

    def __init__(self, video: VideoInfo, index: int, start: Fraction, end: Fraction, rate: int, channels: int) -> None:
        self._video, self._index, self._start, self._end = video, index, start, end
        self._rate, self._channels = rate, channels
        self._layout = {1: "mono", 2: "stereo"}.get(channels, "")
        self._packets, self._stated, self._heard = 0, Fraction(0), Fraction(0)
        self.decoded = Fraction(0)
        """Seconds of sound that came out of the decoder, wherever they belong."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing worth a word is lost."""
        return self.lost <= _UNHEARD

    @property
    def lost(self) -> Fraction:
        """Seconds for which there is coded sound that nothing could be made of, after `runs` has ended."""
        if self._packets and not self._heard:
            return self._end - self._start
        return max(self._stated - self._heard, Fraction(0))

    def runs(self) -> Iterator[tuple[int, Samples]]:
        """Give the sound piece by piece: the sample with which a piece begins, counted from the start, and the piece.

        Between pieces, before the first and behind the last one there is nothing.
        """
        total = round((self._end - self._start) * self._rate)
        for place, samples in self._placed():
            begin, end = max(-place, 0), min(len(samples), total - place)
            if begin < end:
                yield place + begin, samples[begin:end]

    def _placed(self) -> Iterator[tuple[int, Samples]]:
        kind, due, place = None, Fraction(0), 0
        resampler: av.AudioResampler | None = None
        for frame in self._frames():
            stamp, length = (
                Fraction(frame.pts or 0) * (frame.time_base or 0),
                Fraction(frame.samples, frame.sample_rate),
            )
            self._heard += self._inside(stamp, length)
            self.decoded += length
            found = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or kind != found or abs(stamp - due) > _JUMP:
                if resampler is not None:
                    yield place, self._resampled(resampler, None)
                kind, place = found, round((stamp - self._start) * self._rate)
                resampler = av.AudioResampler("flt", self._layout or frame.layout.name, self._rate)
                due = stamp
            samples = self._resampled(resampler, frame)
            yield place, samples
            place, due = place + len(samples), due + length
        if resampler is not None:
            yield place, self._resampled(resampler, None)

    def _resampled(self, resampler: av.AudioResampler, frame: AudioFrame | None) -> Samples:
        if frame is not None:
            frame.pts = None  # where it belongs is kept here
        came = [one.to_ndarray().reshape(-1, one.layout.nb_channels) for one in resampler.resample(frame)]
        samples: Samples = np.zeros((sum(map(len, came)), self._channels), np.float32)
        if came:
            joined = np.concatenate(came)
            samples[:, : joined.shape[1]] = joined[:, : self._channels]
        return samples

    def _frames(self) -> Iterator[AudioFrame]:
        with self._opened() as container:
            stream = next((one for one in container.streams.audio if one.index == self._index), None)
            for packet in () if stream is None else self._packets_of(container, stream):
                try:
                    frames = packet.decode()
                except (av.FFmpegError, OSError, ValueError):
                    continue  # counted as lost
                yield from (frame for frame in frames if isinstance(frame, av.AudioFrame) and frame.pts is not None)

    @contextmanager
    def _opened(self) -> Iterator[InputContainer]:
        with ExitStack() as stack:
            try:
                container = stack.enter_context(opened(self._video.path))
            except (av.FFmpegError, OSError, ValueError) as error:
                went = f"{self._video.path}: it went away while it was cut"
                raise UnreadableInputError(went, "is its disk still there?") from error
            yield container

    def _packets_of(self, container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
        begin = self._start - PREROLL - _SEEK_BEFORE
        if stream.time_base is not None and begin > self._video.start:
            with suppress(av.FFmpegError, OSError):  # a stream that can only be read from its beginning
                container.seek(int(begin / stream.time_base), stream=stream, backward=True)
        try:
            for packet in demuxed(container, stream):
                if packet.size and packet.pts is not None and packet.time_base is not None:
                    stamp = stamp_of(packet)
                    if stamp >= self._end:
                        return
                    inside = self._inside(stamp, (packet.duration or 0) * packet.time_base)
                    self._stated += inside
                    self._packets += stamp >= self._start
                yield packet
        except (av.FFmpegError, OSError, ValueError):
            return  # the file breaks off here

    def _inside(self, stamp: Fraction, length: Fraction) -> Fraction:
        return max(min(stamp + length, self._end) - max(stamp, self._start), Fraction(0))
