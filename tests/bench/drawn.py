"""A film to measure with: a moving test picture in 1080p, a keyframe every second, and a tone.

python -m tests.bench.drawn film.mp4 --minutes 5 --rate 60
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.films import run_ffmpeg


def main() -> None:
    """Read the command line, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path, help="an .mp4 that is not there yet")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rate", type=int, default=25, help="pictures per second")
    options = parser.parse_args()
    draw(options.film, options.minutes, options.rate)


def draw(path: Path, minutes: float, rate: int = 25) -> Path:
    """Ten seconds, and copies of them in a row.

    Args:
        path: Where to; an `.mp4`.
        minutes: How long.
        rate: Pictures per second.
    """
    pictures = ["-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={rate}:duration=10"]
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", str(rate), "-pix_fmt", "yuv420p", "-c:a", "aac"]
    piece = path.with_name(f"piece-{path.name}")
    run_ffmpeg(*pictures, "-f", "lavfi", "-t", "10", "-i", "sine", *coded, piece)
    run_ffmpeg("-stream_loop", str(round(minutes * 6) - 1), "-i", piece, "-c", "copy", path)
    piece.unlink()
    return path


if __name__ == "__main__":
    main()
