"""Many pieces, one film: everything is brought to one format and encoded once, so that nothing can drift."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from r2cli.cuts import Reel, ReelPart
from r2cli.errors import CommandLineError, FFmpegError
from r2cli.video.cutting.encoders import PictureEncoder
from r2cli.video.cutting.hardware import encode_with
from r2cli.video.cutting.light import Light, first_picture
from r2cli.video.cutting.measure import measure
from r2cli.video.cutting.plan import ClipPlan
from r2cli.video.cutting.run import OnShare
from r2cli.video.cutting.tracks import has_subtitles
from r2cli.video.reel.layout import Format, Piece, common_format, lay_out, prolonged, whole_count
from r2cli.video.reel.sound import write_sound
from r2cli.video.reel.stream import encode_pieces, resembles
from r2cli.writing import beside, require_free, require_writable

_LOG = logging.getLogger(__name__)

REEL_SUFFIXES = (".mp4", ".mov", ".mkv")
_SOUND_SHARE = 0.05
"""Of the work."""


def require_reel(target: Path, *, force: bool) -> None:
    """See that a reel can be written there, before any work.

    Raises:
        CommandLineError: It cannot.
    """
    if target.suffix.lower() not in REEL_SUFFIXES:
        raise CommandLineError(f"{target}: a reel is one of {', '.join(REEL_SUFFIXES)}", "call it reel.mp4, say")
    if not target.parent.is_dir():
        raise CommandLineError(f"there is no folder {target.parent}", "make it, or choose another")
    require_free(target, force=force)
    require_writable(target.parent)


def write_reel(
    plans: Sequence[ClipPlan],
    target: Path,
    *,
    length: float | None = None,
    crossfade: float = 0.0,
    force: bool = False,
    hwaccel: str = "none",
    on_share: OnShare = lambda share: None,
) -> Reel:
    """Join clips into one film.

    Size and rate are those in which most of the reel's seconds were filmed; other pictures are fitted in between black
    bars, and fields are woven into whole pictures. Sound is stereo at 48 kHz, from the first track of each video; where
    there is none, there is silence.

    Args:
        plans: Exact plans, in the order of the reel.
        target: Where.
        length: Seconds that it shall last, to the picture: its last pieces end sooner, or a little later where rounding
            and fades have taken too much. None: as long as its pieces. If there is less video than that, it is shorter.
        crossfade: Seconds in which one piece turns into the next; less where a piece is too short for it.
        force: Whether a file of that name is overwritten.
        hwaccel: Which graphics card encodes, as in `encoders.CHOICES`; where that fails, the processor does.
        on_share: Is told how much is done, 0 to 1.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
        UnreadableInputError: A piece cannot be decoded.
        FFmpegError: FFmpeg is missing or failed, or the reel has not the length that it should have.
    """
    require_reel(target, force=force)
    form = common_format(plans)
    pictures = None if length is None else max(1, round(Fraction(length) * form.rate))
    if pictures is not None:
        plans = prolonged(plans, form.rate, crossfade, pictures)
    pieces = lay_out(plans, form.rate, crossfade, pictures)
    with beside(target, force=force) as unfinished:
        note = _write(pieces, form, unfinished, target, hwaccel, on_share)
    _LOG.debug("%s: written, of %d pieces", target, len(pieces))
    return Reel(
        path=target,
        duration=float(pieces[-1].stop / form.rate),
        width=form.width,
        height=form.height,
        rate=form.rate,
        parts=tuple(_part(piece, form.rate) for piece in pieces),
        note="; ".join(filter(None, (*_notes(pieces, form.rate, crossfade, pictures), note))),
    )


def _notes(pieces: Sequence[Piece], rate: Fraction, crossfade: float, pictures: int | None) -> list[str]:
    notes = []
    if pictures is not None and pieces[-1].stop < pictures:
        notes.append("there is no more video to show than this")
    if crossfade > 0 and any(piece.fade_in < round(Fraction(crossfade) * rate) for piece in pieces[1:]):
        notes.append("some pieces are too short for the whole crossfade; theirs is half of the piece")
    return [*notes, *_left_behind([piece.plan for piece in pieces])]


def _left_behind(plans: Sequence[ClipPlan]) -> Iterator[str]:
    """What the videos have beside their pictures and the reel has not."""
    videos = {plan.video.path: plan for plan in plans}
    readable = {path: len(plan.coding.audio) for path, plan in videos.items()}
    several = [str(path) for path, count in readable.items() if count > 1]
    if several:
        yield f"the reel has the first sound track only: {', '.join(several)} has more"
    unreadable = [str(path) for path, plan in videos.items() if readable[path] < plan.video.audio_streams]
    if unreadable:
        yield f"the reel is without sound that cannot be decoded: {', '.join(unreadable)} has some"
    titled = [str(path) for path, plan in videos.items() if has_subtitles(plan.video)]
    if titled:
        yield f"the reel has no subtitles: {', '.join(titled)} has some"


def _write(
    pieces: Sequence[Piece], form: Format, unfinished: Path, target: Path, hwaccel: str, on_share: OnShare
) -> str:
    """Give a line for the user about what is not as it was wanted."""
    sound = write_sound(pieces, form.rate, unfinished.with_name("sound"), lambda share: on_share(share * _SOUND_SHARE))

    def write(encoder: PictureEncoder) -> None:
        encode_pieces(
            *(pieces, form, sound.path if sound else None, encoder, unfinished, target),
            lambda share: on_share(_SOUND_SHARE + share * (1 - _SOUND_SHARE)),
        )
        _check(unfinished, target, pieces[-1].stop, form.rate)

    light, *others = _lights(pieces, form)
    encoded = encode_with(
        *(hwaccel, write, lambda: resembles(pieces[0], form, unfinished)),
        is_deep=form.is_deep,
        light=() if others else light.parameters,
    )
    silent = ", ".join(map(str, sound.incomplete)) if sound else ""
    notes = (
        encoded,
        "its parts were mastered differently for HDR, and the reel does not say how" if others else "",
        f"sound that cannot be decoded is silent in the reel: {silent}" if silent else "",
    )
    return "; ".join(filter(None, notes))


def _lights(pieces: Sequence[Piece], form: Format) -> list[Light]:
    """What the pieces tell of HDR: one, unless they differ."""
    if not form.is_deep:
        return [Light()]
    return list(dict.fromkeys(first_picture(piece.plan.video, piece.plan.span).light for piece in pieces))


def _part(piece: Piece, rate: Fraction) -> ReelPart:
    plan = piece.plan
    is_whole = piece.count >= whole_count(plan, rate)
    end = plan.end if is_whole else plan.start + float(piece.count / rate)
    return ReelPart(plan.video.path, plan.asked_start, plan.asked_end, plan.start, end, float(piece.begin / rate))


def _check(written: Path, target: Path, count: int, rate: Fraction) -> None:
    found = measure(written)
    if found.count != count or abs(found.length - count / rate) > 1 / rate:
        raise FFmpegError(
            f"{target}: {found.count} pictures in {float(found.length):.3f} s came out, not {count}", "please report it"
        )
