"""What pictures are written with: libx264 and libx265, or the encoder of a graphics card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PictureEncoder:
    """Options for FFmpeg, by where they stand."""

    name: str
    """FFmpeg's name of it."""
    options: tuple[str, ...]
    """Behind the filters."""
    setup: tuple[str, ...] = ()
    """Before all inputs."""
    filters: tuple[str, ...] = ()
    """At the end of the filters."""
    is_hardware: bool = False


@dataclass(frozen=True)
class Family:
    """The encoders of one kind of graphics card."""

    quality: tuple[str, ...]
    """Options for pictures that look like the source's."""
    formats: tuple[str, str]
    """How pixels are handed over: of 8 bits, of 10 bits."""
    setup: tuple[str, ...] = ()
    upload: tuple[str, ...] = ()
    """Filters that bring pictures into the card's memory, where the encoder does not do so by itself."""


_UPLOAD = ("hwupload",)
FAMILIES: dict[str, Family] = {
    "videotoolbox": Family(("-q:v", "70"), ("nv12", "p010le")),
    "nvenc": Family(("-preset", "p5", "-rc", "vbr", "-cq", "19", "-b:v", "0"), ("nv12", "p010le")),
    "qsv": Family(("-preset", "medium", "-global_quality", "19"), ("nv12", "p010le")),
    "amf": Family(("-quality", "quality", "-rc", "cqp", "-qp_i", "18", "-qp_p", "20"), ("nv12", "p010le")),
    "vaapi": Family(
        *(("-rc_mode", "CQP", "-qp", "19"), ("nv12", "p010le")),
        setup=("-init_hw_device", "vaapi=card", "-filter_hw_device", "card"),
        upload=_UPLOAD,
    ),
}
"""By the end of FFmpeg's names for them, as in ``h264_nvenc``."""

_WINDOWS = ("nvenc", "qsv", "amf")
CHOICES: dict[str, tuple[str, ...]] = {
    "auto": tuple(FAMILIES),
    **{name: (name,) for name in FAMILIES},
    "cuda": ("nvenc",),
    "d3d11va": _WINDOWS,
    "d3d12va": _WINDOWS,
    "dxva2": _WINDOWS,
}
"""What `--hwaccel` may be, which names decoders too, and the families to try, in order."""


def software_encoder(*, is_deep: bool, is_interlaced: bool = False, light: Sequence[str] = ()) -> PictureEncoder:
    """The encoder that runs everywhere, in a quality close to the source: H.264, or HEVC, which keeps HDR.

    Args:
        is_deep: Whether pictures have more than 8 bits per sample.
        is_interlaced: Whether pictures consist of two fields, which stay two; only with 8 bits.
        light: Parameters of libx265 that tell of HDR; only with more than 8 bits.
    """
    if is_deep:
        quality = ("-preset", "fast", "-crf", "17", "-x265-params", ":".join(("log-level=error", *light)))
        return PictureEncoder("libx265", (*quality, "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"))
    fields = ("-flags", "+ildct+ilme") if is_interlaced else ()
    # As faithful as `fast` at 17 to within 0.6 dB, in half the time, and a quarter larger.
    return PictureEncoder("libx264", ("-preset", "veryfast", "-crf", "15", "-pix_fmt", "yuv420p", *fields))


def hardware_encoder(family: str, *, is_deep: bool) -> PictureEncoder:
    """The encoder of a graphics card.

    Args:
        family: One of `FAMILIES`.
        is_deep: Whether pictures have more than 8 bits per sample.
    """
    card = FAMILIES[family]
    return PictureEncoder(
        name=f"{'hevc' if is_deep else 'h264'}_{family}",
        options=(*card.quality, *(("-profile:v", "main10", "-tag:v", "hvc1") if is_deep else ())),
        setup=card.setup,
        filters=(f"format={card.formats[is_deep]}", *card.upload),
        is_hardware=True,
    )
