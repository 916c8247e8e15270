"""Written clips as JSON: what was asked for, and what it became."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from r2cli.cuts import Clip, Planned, Reel


def clip_fields(clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """One object per clip."""
    return [
        {
            "rank": clip.rank,
            "video": str(clip.video),
            "path": str(clip.path),
            "cut": clip.mode.value,
            "asked": {"start": clip.asked_start, "end": clip.asked_end},
            "actual": {"start": clip.start, "end": clip.end},
            "note": clip.note,
            **({} if clip.moment is None else {"moment": {"start": clip.moment[0], "end": clip.moment[1]}}),
        }
        for clip in clips
    ]


def planned_fields(files: Sequence[Planned]) -> list[dict[str, Any]]:
    """One object per file that would be written; what it is about as large as, of films alone."""
    return [
        {
            "path": str(file.path),
            "kind": file.kind,
            "seconds": file.seconds,
            "bytes": None if file.size is None else round(file.size),
        }
        for file in files
    ]


def reel_fields(reel: Reel) -> dict[str, Any]:
    """A reel and its parts."""
    return {
        "path": str(reel.path),
        "duration": reel.duration,
        "width": reel.width,
        "height": reel.height,
        "rate": {"exact": f"{reel.rate.numerator}/{reel.rate.denominator}", "fps": float(reel.rate)},
        "parts": [
            {
                "at": part.at,
                "video": str(part.video),
                "asked": {"start": part.asked_start, "end": part.asked_end},
                "actual": {"start": part.start, "end": part.end},
            }
            for part in reel.parts
        ],
        "note": reel.note,
    }
