"""How alike two frames must be for one to take over the other's tokens: what it saves, and what it costs.

    python tests/bench/redundancy.py --model sprites FILM...

Each film, and some that are made for it (a fixed camera, a noisy one, one in which something small moves, slides,
black), is searched once with every frame encoded, and once for each threshold. Printed is the share of clips that took
over tokens, how far the moments moved that a user would see, and how much their scores and any saliency changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.encoding import Reading, ReadingReport, redundancy
from r2cli.findings import Findings
from r2cli.pipeline import load, search
from r2cli.video import VideoInfo, probe
from tests.films import H264, run_ffmpeg

THRESHOLDS = (0.25, 0.5, 1.0, 2.0, 4.0)
QUERIES = ("a bicycle flies", "a cactus hides", "a guitar falls", "the guitar is swimming", "a snowman", "a rabbit")
H264_23 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
SIZE = "640x360"


@dataclass(frozen=True)
class Cost:
    """What reuse did to one film."""

    report: ReadingReport
    shift: float
    """Seconds, the farthest that an edge of a good moment moved."""
    score: float
    """The most that a moment's score changed."""
    saliency: float
    """The most that a clip's saliency changed."""


def make_films(folder: Path, scene: Path) -> Iterator[tuple[str, Path]]:
    """Films whose frames are nearly the same, of a picture out of `scene`."""
    still = folder / "still.png"
    run_ffmpeg("-ss", "100", "-i", scene, "-frames:v", "1", "-vf", f"scale={SIZE.replace('x', ':')}", still)
    fixed = ("-loop", "1", "-framerate", "25", "-t", "60", "-i", still)
    dot = ("-f", "lavfi", "-i", "color=red:size=24x24:rate=25")
    moving = "[0][1]overlay=x='mod(t*20,600)':y=170:shortest=1"
    recipes: dict[str, Sequence[str | Path]] = {
        "fixed": (*fixed, *H264_23),
        "noisy": (*fixed, "-vf", "noise=alls=10:allf=t", *H264_23),
        "very noisy": (*fixed, "-vf", "noise=alls=25:allf=t", *H264_23),
        "small thing moves": (*fixed, *dot, "-filter_complex", moving, "-t", "60", *H264_23),
        "light fades": (*fixed, "-vf", "eq=brightness='0.2*sin(t/10)':eval=frame", *H264_23),
        "slides": ("-i", scene, "-vf", f"fps=1/7,fps=25,scale={SIZE.replace('x', ':')}", "-t", "60", "-an", *H264),
        "black": ("-f", "lavfi", "-t", "60", "-i", f"color=black:size={SIZE}:rate=25", *H264_23),
    }
    for name, recipe in recipes.items():
        path = folder / f"{name}.mp4"
        run_ffmpeg(*recipe, path)
        yield name, path


def ask(video: VideoInfo, model: LoadedModel, *, reuse: bool) -> tuple[list[Findings], ReadingReport]:
    """Every moment for every query."""
    reports: list[ReadingReport] = []
    reading = Reading(sampling="exact", reuse=reuse, cache=False)
    return search(video, QUERIES, model, reading, on_report=reports.append), reports[0]


def compare(exact: list[Findings], found: list[Findings], report: ReadingReport, min_score: float) -> Cost:
    """How far moments moved: each that is good enough to be shown is held to the one that lies nearest."""
    shift = score = saliency = 0.0
    for one, other in zip(exact, found, strict=True):
        spans = np.array([(moment.start, moment.end, moment.score) for moment in other.moments])
        for moment in one.moments:
            if moment.score >= min_score:
                distances = np.abs(spans[:, :2] - (moment.start, moment.end)).max(axis=1)
                nearest = int(distances.argmin())
                shift = max(shift, float(distances[nearest]))
                score = max(score, abs(float(spans[nearest, 2]) - moment.score))
        pairs = zip(one.saliency, other.saliency, strict=True)
        saliency = max(saliency, max(abs(a.score - b.score) for a, b in pairs))
    return Cost(report, shift, score, saliency)


def main() -> None:
    """Print a table; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", type=Path)
    parser.add_argument("--model", default="sprites")
    parser.add_argument("--scene", type=Path, required=True, help="a film that still pictures are taken from")
    parser.add_argument("--thresholds", type=float, nargs="*", default=THRESHOLDS)
    options = parser.parse_args()
    model = load(options.model, device="cpu", precision="fp32")
    sys.stdout.write(
        "| film | threshold | reused | moments moved, s | scores | saliency |\n|---|---|---|---|---|---|\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        made = make_films(Path(folder), options.scene)
        for name, path in [*made, *((path.name, path) for path in options.films)]:
            video = probe(path)
            exact, _ = ask(video, model, reuse=False)
            for threshold in options.thresholds:
                redundancy.LARGEST_DIFFERENCE = threshold
                cost = compare(exact, *ask(video, model, reuse=True), model.checkpoint.min_score)
                share = cost.report.reused / cost.report.clips
                row = f"| {name} | {threshold} | {share:.0%} | {cost.shift:.3f} | {cost.score:.4f} |"
                sys.stdout.write(f"{row} {cost.saliency:.4f} |\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
