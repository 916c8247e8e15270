"""Films of other lengths, cut from one film or joined from copies of it; nothing is encoded."""

from __future__ import annotations

from pathlib import Path

from r2cli.video import probe
from tests.films import run_ffmpeg


def film_of(film: Path, minutes: float, folder: Path) -> Path:
    """A film of about so many minutes: the film itself where it is as long, its beginning, or copies of it in a row.

    Made once and kept in the folder.
    """
    duration = probe(film).duration
    copies = round(minutes * 60 / duration)
    target = folder / f"{film.stem}-{minutes:g}min{film.suffix}"
    if abs(minutes * 60 - duration) < 0.02 * duration:
        return film
    if target.exists():
        return target
    fresh = target.with_name(f"fresh-{target.name}")
    if minutes * 60 < duration or copies < 2:
        run_ffmpeg("-i", film, "-t", str(minutes * 60), "-map", "0:v:0", "-c", "copy", fresh)
    else:
        listing = folder / "copies.txt"
        name = str(film.resolve()).replace("'", "'\\''")
        listing.write_text(f"file '{name}'\n" * copies, encoding="utf-8")
        run_ffmpeg("-f", "concat", "-safe", "0", "-i", listing, "-map", "0:v:0", "-c", "copy", fresh)
    fresh.replace(target)
    return target
