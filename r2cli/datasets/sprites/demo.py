"""The demonstration's film: one minute, written by hand."""

from __future__ import annotations

from pathlib import Path

from r2cli.datasets.sprites.script import HELD_OUT_STYLE, Act, Actor, Film

TITLE = "r2 demo 1"
"""Written into the file, so that a second demonstration knows its own film; count up when the film changes."""

_CAST: tuple[tuple[str, float, float, tuple[tuple[str, float], ...]], ...] = (
    # thing, x, entrance, deeds and when each ends
    ("dog", 0.22, 3.0, (("stands", 8.0), ("jumps", 15.0), ("stands", 19.5))),
    ("pig", 0.72, 5.0, (("runs", 12.5), ("swims", 21.0), ("stands", 25.0))),
    ("penguin", 0.48, 22.0, (("stands", 27.0), ("runs", 33.0))),
    ("strawberry", 0.2, 29.0, (("stands", 32.0), ("hides", 39.0))),
    ("dog", 0.75, 34.0, (("stands", 37.5), ("sleeps", 46.0), ("runs", 50.0))),
    ("airplane", 0.3, 42.5, (("flies", 52.0),)),
    ("pig", 0.74, 51.5, (("jumps", 58.0),)),
)


def demo_film() -> Film:
    """A dog jumps and sleeps, a pig swims, an airplane flies; there is no elephant."""
    actors = tuple(
        Actor(thing, HELD_OUT_STYLE, _acts(entrance, deeds), x, 0.34, 0.86, mirrored=False, look=number)
        for number, (thing, x, entrance, deeds) in enumerate(_CAST)
    )
    return Film(seed=-1, duration=60.0, actors=actors, scenery=12)


def is_demo_film(path: Path) -> bool:
    """Whether a file is this very film, as an earlier demonstration wrote it."""
    import av

    try:
        with av.open(str(path)) as container:
            return bool(container.metadata.get("title") == TITLE)
    except (OSError, av.error.FFmpegError):
        return False


def _acts(entrance: float, deeds: tuple[tuple[str, float], ...]) -> tuple[Act, ...]:
    starts = (entrance, *(end for _, end in deeds))
    return tuple(Act(deed, start, end) for start, (deed, end) in zip(starts, deeds, strict=False))
