"""The pictures of a reel: decoded piece by piece, faded into each other, and fed to one encoder."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import IO

import numpy as np
from numpy.typing import NDArray

from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.cutting.colour import is_rgb, matrix_option
from r2cli.video.cutting.encoders import PictureEncoder
from r2cli.video.cutting.exact import jump_to, trim_filters
from r2cli.video.cutting.hardware import THUMBNAIL, look_alike
from r2cli.video.cutting.light import first_picture
from r2cli.video.cutting.run import OnShare, explain, has_no_room, input_options, not_ffmpeg
from r2cli.video.cutting.tracks import MUXERS
from r2cli.video.ffmpeg import RunningFFmpeg, file_url, run_ffmpeg
from r2cli.video.program import ffmpeg_path
from r2cli.video.reel.layout import Format, Piece
from r2cli.video.reel.sound import CHANNELS, SOUND_RATE

Frame = NDArray[np.uint8] | NDArray[np.uint16]
"""All samples of a picture, [bytes] or [words]: the three planes one behind the other."""

_MANNERS = ("-hide_banner", "-nostdin", "-y", "-loglevel", "repeat+error")
_HDR_TRANSFERS = (16, 18)
"""PQ and HLG (ITU-T H.273)."""
_TONE_MAP = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
_WEAVE = "bwdif=mode=send_frame:deint=interlaced"
"""Fields make whole pictures before they are resized, which would mix them."""
_STEADY = "scale=w=iw:h=ih:interl=-1"
"""Pictures as large as the first one, for filters that cannot take others; their shape stays in their pixel aspect."""
_SLACK = 2
"""Pictures that may be missing at the end of a piece, where rates are converted; the last one is shown for longer."""


def encode_pieces(
    pieces: Sequence[Piece],
    form: Format,
    sound: Path | None,
    encoder: PictureEncoder,
    unfinished: Path,
    target: Path,
    on_share: OnShare,
) -> None:
    """Decode, fade and encode all pictures of a reel.

    Raises:
        UnreadableInputError: A piece cannot be decoded.
        FFmpegError: FFmpeg is missing or failed.
    """
    command = _encoder(form, sound, encoder, unfinished)
    with run_ffmpeg(command, fed=True) as running, closing(_frames(pieces, form)) as frames:
        gossip = _Gossip(running)
        try:
            with suppress(BrokenPipeError):  # the encoder has ended; its own words tell why
                for number, frame in enumerate(frames, start=1):
                    _input_of(running).write(frame.data)
                    on_share(number / pieces[-1].stop)
        except UnreadableInputError:
            gossip.check()  # the fault may be that of the program, which decodes too
            raise
        gossip.check()
        code = running.finish()
        if code or has_no_room(running):
            raise explain(running, code, target)


def _input_of(running: RunningFFmpeg) -> IO[bytes]:
    if running.stdin is None:
        raise ValueError("the encoder must be fed")
    return running.stdin


class _Gossip:
    """Ends a program that talks where an encoder that writes to a file has nothing to say; it is none.

    Nobody listens there while the program is fed: it would wait for us, and we for it.
    """

    def __init__(self, running: RunningFFmpeg) -> None:
        self._running, self._came = running, False
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        self._came = bool(self._running.stdout.read(1))
        if self._came:
            self._running.kill()
            self._running.stdout.close()  # should it be a script, this ends the program that it started

    def check(self) -> None:
        """Feed the program no more, and wait for its last word.

        Raises:
            FFmpegError: There was one.
        """
        with suppress(BrokenPipeError):
            _input_of(self._running).close()
        self._listening.join()
        if self._came:
            raise not_ffmpeg()


def _encoder(form: Format, sound: Path | None, encoder: PictureEncoder, unfinished: Path) -> list[str]:
    shape = ["-pix_fmt", form.pixel_format, "-s", f"{form.width}x{form.height}", "-r", str(form.rate)]
    pictures = ["-f", "rawvideo", *shape, "-i", "pipe:0"]
    heard = ["-f", "f32le", "-ar", str(SOUND_RATE), "-ac", str(CHANNELS), "-i", file_url(sound)] if sound else []
    names = ("range", "color_primaries", "color_trc", "colorspace")
    colour = ":".join(f"{name}={value}" for name, value in zip(names, form.colour, strict=True))
    filters = ["-vf", ",".join([f"setparams={colour}", *encoder.filters])]  # the encoder goes by what pictures say
    coded_sound = ["-map", "1:a", "-c:a", "aac", "-b:a", "192k"] if sound else []
    suffix = unfinished.suffix.lower()
    muxer = ["-f", MUXERS[suffix], *([] if suffix == ".mkv" else ["-movflags", "+faststart"]), file_url(unfinished)]
    return [
        *[ffmpeg_path(), *_MANNERS, *encoder.setup, *pictures, *heard],
        *["-map", "0:v", *filters, "-c:v", encoder.name, *encoder.options, *coded_sound, *muxer],
    ]


def resembles(piece: Piece, form: Format, reel: Path) -> bool:
    """Whether a reel begins with roughly the picture with which its first piece begins."""
    return look_alike(_reader(piece, [*_filters(piece, form), THUMBNAIL]), ["-i", file_url(reel), "-vf", THUMBNAIL])


def _frames(pieces: Sequence[Piece], form: Format) -> Generator[Frame, None, None]:
    with ExitStack() as stack:
        previous: Generator[Frame, None, None] | None = None
        for piece in pieces:
            current = stack.enter_context(closing(_piece_frames(piece, form)))
            if previous is not None:
                for step in range(1, piece.fade_in + 1):
                    yield blend(next(previous), next(current), step / (piece.fade_in + 1))
                previous.close()
            yield from islice(current, piece.count - piece.fade_in - piece.fade_out)
            previous = current


def blend(one: Frame, other: Frame, share: float) -> Frame:
    """Mix two pictures.

    Args:
        one: Samples of 8 or 16 bits.
        other: The same.
        share: Of the other picture, 0 to 1.
    """
    weight = round(share * 256)
    mixed = (one.astype(np.uint32) * (256 - weight) + other.astype(np.uint32) * weight + 128) >> 8
    return mixed.astype(np.uint8) if one.dtype == np.uint8 else mixed.astype(np.uint16)


def _piece_frames(piece: Piece, form: Format) -> Generator[Frame, None, None]:
    """Exactly as many pictures as a piece has; where the last ones are missing, the last that is there is repeated."""
    frame: Frame | None = None
    came = 0
    with run_ffmpeg(_decoder(piece, form)) as running:
        while came < piece.count and len(data := running.stdout.read(form.picture_bytes)) == form.picture_bytes:
            frame = np.frombuffer(data, np.uint16) if form.is_deep else np.frombuffer(data, np.uint8)
            came += 1
            yield frame
        complaint = running.complaint()
    plan = piece.plan
    allowed = _SLACK + round((plan.span.end - plan.span.last) * form.rate)
    if frame is None or piece.count - came > allowed:
        reason = f" ({complaint})" if complaint else ""
        raise UnreadableInputError(
            f"{plan.video.path}: only {came} of {piece.count} pictures from {format_time(plan.start)} on can be "
            f"decoded{reason}",
            "the video is damaged there; choose another span",
        )
    for _ in range(piece.count - came):
        yield frame


def _decoder(piece: Piece, form: Format) -> list[str]:
    return [ffmpeg_path(), *_MANNERS, *_reader(piece, _filters(piece, form)), "-f", "rawvideo", "pipe:1"]


def _reader(piece: Piece, filters: Sequence[str]) -> list[str]:
    video, span = piece.plan.video, piece.plan.span
    # Filters that are set up anew where the picture's size changes would begin to count the time anew, too. Those that
    # FFmpeg puts in front to turn or mirror pictures cannot do without.
    lasting = [] if first_picture(video, span).is_turned else ["-reinit_filter", "0"]
    source = ["-copyts", *lasting, *input_options(video, jump_to(video, span))]
    return [*source, "-map", f"0:{video.stream_index}", "-vf", ",".join(filters), "-fps_mode", "passthrough"]


def _filters(piece: Piece, form: Format) -> list[str]:
    is_woven, is_mapped = piece.plan.coding.interlaced, form.converts and piece.plan.coding.colour[2] in _HDR_TRANSFERS
    return [
        *trim_filters(piece.plan.span),
        *([_STEADY] if is_woven or is_mapped else []),
        *([_WEAVE] if is_woven else []),
        f"fps={form.rate}:start_time=0:round=near",
        *([_TONE_MAP] if is_mapped else []),
        _fit(piece, form, is_mapped=is_mapped),
        "setsar=1",
        f"pad={form.width}:{form.height}:(ow-iw)/2:(oh-ih)/2:eval=frame",
        f"format={form.pixel_format}",
    ]


def _fit(piece: Piece, form: Format, *, is_mapped: bool) -> str:
    """Bring each picture to the reel's size and range, whatever its own size is."""
    shape = f"{form.width}/{form.height}"
    matrix = matrix_option(form.colour[3]) if is_rgb(piece.plan.coding) or (form.converts and not is_mapped) else ""
    return (
        f"scale=w='if(gte(dar,{shape}),{form.width},max(2,2*round({form.height}*dar/2)))'"
        f":h='if(gte(dar,{shape}),max(2,2*round({form.width}/dar/2)),{form.height})'"
        f":eval=frame:flags=bicubic+accurate_rnd:out_range=tv{matrix}"
    )
