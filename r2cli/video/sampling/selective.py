"""Decoding only what the sampled frames need: several stretches at once, each from its keyframe to its last frame."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

import av

from r2cli.process import usable_cores
from r2cli.video.opening import demuxed, opened
from r2cli.video.probe import VideoInfo
from r2cli.video.sampling.frames import Framing, SampleRequest, Still
from r2cli.video.sampling.framing import Framer, UnusualPictureError
from r2cli.video.sampling.ordered_queue import Belt, BeltClosedError
from r2cli.video.sampling.packets import SequentialOnlyError, only
from r2cli.video.sampling.plan import Job

if TYPE_CHECKING:
    from av.codec.hwaccel import HWAccel
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_DECODER_BYTES = 256 << 20
"""What the pictures that all decoders hold may take, about."""
_HELD_PICTURES = 16
"""That one decoder may hold."""
_JOB_BYTES = 32 << 20
"""Longest stretch, as it is coded, that is read at a go."""
_STILLS_AHEAD = 96
_TROUBLE = (av.FFmpegError, UnusualPictureError, OSError, ValueError, EOFError)


@dataclass(frozen=True)
class Crew:
    """How the work is shared out."""

    decoders: int
    """That work on different stretches."""
    threads: int
    """Of each decoder."""

    @classmethod
    def for_jobs(cls, video: VideoInfo, jobs: Sequence[Job], cores: int) -> Crew:
        """One decoder per core, unless memory forbids it or there are too few stretches."""
        fitting = _DECODER_BYTES // (_HELD_PICTURES * max(1, video.width * video.height * 3 // 2))
        decoders = max(1, min(cores, len(jobs), fitting))
        if max(job.size for job in jobs) > _JOB_BYTES:
            decoders = 1
        return cls(decoders, max(1, cores // decoders))


def decode_jobs(
    video: VideoInfo,
    jobs: Sequence[Job],
    request: SampleRequest,
    hwaccel: HWAccel | None = None,
    *,
    smoothly: bool = True,
) -> Generator[Still, None, None]:
    """Decode what jobs need, in threads that run ahead of the taker by a bounded number of frames.

    Args:
        video: From `probe`.
        jobs: From `plan_jobs`.
        request: For which they were planned.
        hwaccel: What decodes, if not the processor.
        smoothly: With the filter that smooths the edges of blocks. Without it H.264 and HEVC take a fifth less time,
            and frames differ by one or two levels of 255 in the mean, by six at worst.

    Yields:
        A frame for each clip, in order of time.

    Raises:
        SequentialOnlyError: A wanted picture did not come, after all frames before it.
    """
    crew = Crew.for_jobs(video, jobs, usable_cores()) if hwaccel is None else Crew(1, 1)
    belt: Belt[Still] = Belt(_STILLS_AHEAD)
    with ExitStack() as stack:
        try:
            # The index of ten hours takes 130 MB in each file that is open; a decoder works without its file.
            decoders = []
            for _ in range(1, crew.decoders):
                with opened(video.path) as lent:
                    decoders.append(_Decoder(only(lent, video), request.framing, crew.threads, smoothly=smoothly))
            container = stack.enter_context(opened(video.path, hwaccel))
            stream = only(container, video)
            decoders.append(_Decoder(stream, request.framing, crew.threads, smoothly=smoothly))
        except _TROUBLE as error:
            raise SequentialOnlyError(f"it cannot be opened: {error}") from error
        reader = _JobReader(container, stream, jobs, belt, read_whole=crew.decoders > 1)
        threads = [
            Thread(target=_work, args=(decoder, reader, belt), name=f"r2-decode-{number}", daemon=True)
            for number, decoder in enumerate(decoders)
        ]
        stack.callback(_end, belt, threads)
        for thread in threads:
            thread.start()
        yield from belt.take(len(jobs))


def _end(belt: Belt[Still], threads: Sequence[Thread]) -> None:
    belt.close()
    for thread in threads:
        if thread.ident is not None:
            thread.join()


def _work(decoder: _Decoder, reader: _JobReader, belt: Belt[Still]) -> None:
    while (numbered := reader.next_job()) is not None:
        number, job, packets = numbered
        try:
            for still in decoder.decode(job, packets):
                belt.put(number, still)
            belt.end(number)
        except BeltClosedError:
            return
        except BaseException as error:  # raised again where the frames are taken, or it would be lost in this thread
            belt.end(number, _explained(error))


def _explained(error: BaseException) -> BaseException:
    return SequentialOnlyError(str(error)) if isinstance(error, _TROUBLE) else error


_Numbered = tuple[int, Job, Iterator["tuple[int, Packet[Any]]"]]


class _JobReader:
    """Hands out the stretches of a file, read in order, to whoever asks next."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        jobs: Sequence[Job],
        belt: Belt[Still],
        *,
        read_whole: bool,
    ) -> None:
        self._packets = enumerate(packet for packet in demuxed(container, stream) if packet.size)
        self._jobs = iter(enumerate(jobs))
        self._belt = belt
        self._read_whole = read_whole
        self._lock = Lock()

    def next_job(self) -> _Numbered | None:
        """The next stretch with its packets and their places in the file; None after the last one."""
        with self._lock:
            if self._belt.is_closed or (numbered := next(self._jobs, None)) is None:
                return None
            number, job = numbered
            if not self._read_whole:
                return number, job, self._packets_of(job)
            try:
                return number, job, iter(list(self._packets_of(job)))
            except BaseException as error:  # as in _work
                self._belt.end(number, _explained(error))
                return None

    def _packets_of(self, job: Job) -> Iterator[tuple[int, Packet[Any]]]:
        wanted = iter(job.packets.tolist())
        place = next(wanted)
        for found, packet in self._packets:
            if self._belt.is_closed:
                raise BeltClosedError
            if found == place:
                yield place, packet
                place = next(wanted, -1)
                if place < 0:
                    return
        raise SequentialOnlyError("the file has become shorter")


class _Decoder:
    """One decoder, with the filters behind it."""

    def __init__(self, stream: VideoStream, framing: Framing, threads: int, *, smoothly: bool) -> None:
        self._context = stream.codec_context
        self._context.thread_count = threads
        self._context.thread_type = "AUTO" if threads > 1 else "SLICE"
        if not smoothly:
            self._context.options = {**self._context.options, "skip_loop_filter": "all"}
        self._framer = Framer(framing, stream.sample_aspect_ratio)
        # A flushed decoder forgets how far pictures may be out of order, and would have to lose some to learn it.
        self._reorder_depth = getattr(self._context, "reorder_depth", None)

    def decode(self, job: Job, packets: Iterator[tuple[int, Packet[Any]]]) -> Iterator[Still]:
        """The frames of a job's clips.

        Raises:
            SequentialOnlyError: A wanted picture does not come in its turn.
        """
        wanted, decoded = iter(job.wanted), len(job.packets)
        due = next(wanted, None)
        for picture in self._pictures(job, packets):
            if due is None or picture.pts != due.pts:
                continue
            pixels = self._framer.frame(picture)
            for _ in range(due.clips):
                yield Still(pixels, decoded)
                decoded = 0
            due = next(wanted, None)
        if due is not None:
            raise SequentialOnlyError(f"the picture at {due.pts} does not come")

    def _pictures(self, job: Job, packets: Iterator[tuple[int, Packet[Any]]]) -> Iterator[VideoFrame]:
        for place, packet in packets:
            try:
                yield from self._context.decode(packet)
            except av.FFmpegError:
                if place not in job.leading:
                    raise
        yield from self._context.decode(None)
        self._context.flush_buffers()
        if self._reorder_depth is not None:
            self._context.reorder_depth = self._reorder_depth
