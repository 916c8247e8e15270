"""How alike two frames must be for one to take over the other's tokens: what it saves, and what it costs.

    python tests/bench/redundancy.py --model sprites FILM...

Each film, and some that are made for it (a fixed camera, a noisy one, one in which something small moves, slides,
black), is searched once with every frame encoded, and once for each threshold. Printed is the share of clips that took
over tokens, how far the best moments moved, whatever their level, and how much their scores and any saliency changed.

A moment of the one answer is held to the one of the other that lies nearest. Where none lies near, it may still be
there, and only be left out because another that overlaps it scores a hair better now: such *flips* are counted apart,
with the largest distance between the two scores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.findings import Findings, Moment
from r2cli.memory import Reading, ReadingReport, redundancy
from r2cli.tasks.load import load
from r2cli.tasks.remember import remember_video
from r2cli.video import VideoInfo, probe
from tests.films import H264, run_ffmpeg

THRESHOLDS = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0)
BEST = 5
"""Moments of each query that are held to each other."""
NEAR = 0.1
"""Seconds that a moment may move."""
QUERIES = ("a bicycle flies", "a cactus hides", "a guitar falls", "the guitar is swimming", "a snowman", "a rabbit")
H264_23 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
SIZE = "640x360"


@dataclass(frozen=True)
class Answers:
    """To all queries."""

    report: ReadingReport
    shown: list[Findings]
    """Every moment that is left when those that overlap a better one are left out."""
    all: list[Findings]
    """Every moment."""


@dataclass(frozen=True)
class Cost:
    """What reuse did to one film."""

    report: ReadingReport
    shift: float
    """Seconds, the farthest that an edge of one of the best moments moved."""
    moved: int
    """How many of them moved farther than `NEAR`."""
    flips: int
    """How many gave way to another that overlaps them."""
    flip: float
    """The largest distance between the scores of the two."""
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


def ask(video: VideoInfo, model: LoadedModel, *, reuse: bool) -> Answers:
    """Ask everything, with and without the suppression of overlaps."""
    index = remember_video(video, model, Reading(sampling="exact", reuse=reuse, cache=False))
    shown = index.ask(QUERIES)
    index.encoded.model = replace(model, checkpoint=replace(model.checkpoint, suppression=None))
    return Answers(index.report, shown, index.ask(QUERIES))


def nearest(moment: Moment, others: Findings) -> tuple[float, float]:
    """How far the nearest of other moments is, in seconds, and its score."""
    spans = np.array([(other.start, other.end, other.score) for other in others.moments])
    distances = np.abs(spans[:, :2] - (moment.start, moment.end)).max(axis=1)
    place = int(distances.argmin())
    return float(distances[place]), float(spans[place, 2])


def compare(exact: Answers, found: Answers) -> Cost:
    """How far the best moments moved."""
    shifts, flips, scores, saliency = [0.0], list[float](), [0.0], 0.0
    for one, shown, everything in zip(exact.shown, found.shown, found.all, strict=True):
        for moment in one.moments[:BEST]:
            shift, score = nearest(moment, shown)
            hidden_shift, hidden_score = nearest(moment, everything)
            if shift > NEAR >= hidden_shift:
                flips.append(abs(score - hidden_score))
                shift, score = hidden_shift, hidden_score
            shifts.append(shift)
            scores.append(abs(score - moment.score))
        pairs = zip(one.saliency, shown.saliency, strict=True)
        saliency = max(saliency, max(abs(a.score - b.score) for a, b in pairs))
    moved = sum(shift > NEAR for shift in shifts)
    return Cost(found.report, max(shifts), moved, len(flips), max(flips, default=0.0), max(scores), saliency)


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
        "| film | threshold | reused | farthest move, s | moved | flips | scores | saliency |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        made = make_films(Path(folder), options.scene)
        for name, path in [*made, *((path.name, path) for path in options.films)]:
            video = probe(path)
            exact = ask(video, model, reuse=False)
            for threshold in options.thresholds:
                redundancy.LARGEST_DIFFERENCE = threshold
                cost = compare(exact, ask(video, model, reuse=True))
                share, flips = cost.report.reused / cost.report.clips, f"{cost.flips} ({cost.flip:.3f})"
                row = f"| {name} | {threshold} | {share:.0%} | {cost.shift:.3f} | {cost.moved} | {flips} |"
                sys.stdout.write(f"{row} {cost.score:.4f} | {cost.saliency:.4f} |\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
