"""Highlights on sprite films never seen in training, in a drawing style never seen in training.

    python -m r2cli.evaluation.highlights

In each film things stand about, and now and then one does a deed: those clips are the highlights. It is encoded as
H.264 and rated as `r2 highlight --model sprites` does. Beside the model stand a random ranking, and the energy of what
changes from picture to picture.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.film import write_film
from r2cli.datasets.sprites.highlights import true_saliency, write_quiet_script
from r2cli.datasets.sprites.script import HELD_OUT_STYLE
from r2cli.evaluation.metrics import average_precision
from r2cli.memory import Reading
from r2cli.tasks.rate import Rater, Wish
from r2cli.video.probe import VideoInfo, probe
from r2cli.video.sampling.sample import sample_frames

FIRST_SEED = 100_000
"""Of the test films; training starts at a million."""
_LOOKS, _EDGE = 6, 64
"""Pictures per clip, and their side in pixels, between which changes are measured."""
_SHUFFLES = 200

Scores = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    ranking: str
    mean_ap: float
    """Mean over the films of the average precision of their clips."""
    first_right: float
    """Share of films whose best-rated clip is a highlight."""


@dataclass(frozen=True)
class Result:
    """Everything that a run measures."""

    films: int
    clips: int
    highlights: float
    """Share of the clips that are highlights."""
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Film:
    relevant: Scores
    model: Scores
    change: Scores


def evaluate(model: str, films: int, report: Callable[[str], None]) -> Result:
    """Run the benchmark.

    Args:
        model: Whose highlights.
        films: How many films.
        report: Gets a line per film.
    """
    rated = list(_rate_films(model, range(FIRST_SEED, FIRST_SEED + films), report))
    rng = np.random.default_rng(0)
    rankings: dict[str, Callable[[_Film], list[Scores]]] = {
        model: lambda film: [film.model],
        "frame difference": lambda film: [film.change],
        "random": lambda film: [rng.random(len(film.relevant)) for _ in range(_SHUFFLES)],
    }
    relevant = np.concatenate([film.relevant for film in rated])
    rows = tuple(_row(name, rated, ranking) for name, ranking in rankings.items())
    return Result(len(rated), len(relevant), float(relevant.mean()), rows)


def _rate_films(model: str, seeds: Sequence[int], report: Callable[[str], None]) -> Iterator[_Film]:
    sprites, rater = packaged_sprites(), Rater(Wish(model=model))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        for number, seed in enumerate(seeds, start=1):
            film = write_quiet_script(seed, (HELD_OUT_STYLE,))
            write_film(film, sprites, path, width=640, height=360, rate=12)
            video = probe(path)
            findings = rater.rate(video, Reading(cache=False)).findings
            scores = np.array([clip.score for clip in findings.saliency])
            rate = findings.sampling.clips_per_second
            relevant = true_saliency(film, len(scores), rate) >= 0.5
            yield _Film(relevant, scores, _change(video, len(scores), rate))
            report(f"film {number} of {len(seeds)}")


def _change(video: VideoInfo, clips: int, clips_per_second: float) -> Scores:
    """Mean squared difference of the pictures of every clip, each from the one before."""
    energy = np.zeros(clips * _LOOKS)
    before, place = None, 0
    with closing(sample_frames(video, clips_per_second * _LOOKS, _EDGE)) as batches:
        for batch in batches:
            for picture in batch.pixels.astype(np.float32):
                if before is not None and place < len(energy):
                    energy[place] = np.square(picture - before).mean()
                before, place = picture, place + 1
    change: Scores = energy.reshape(clips, _LOOKS).mean(axis=1)
    return change


def _row(name: str, films: Sequence[_Film], ranking: Callable[[_Film], list[Scores]]) -> Row:
    tried = [(scores, film.relevant) for film in films for scores in ranking(film)]
    precision = [average_precision(scores, relevant) for scores, relevant in tried]
    return Row(name, float(np.mean(precision)), float(np.mean([hits[scores.argmax()] for scores, hits in tried])))


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m r2cli.evaluation.highlights", description="Evaluate highlights on sprite films."
    )
    parser.add_argument("--model", default="sprites", help="checkpoint to test")
    parser.add_argument("--films", type=int, default=60, help="films to test on")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(argv)
    result = evaluate(options.model, options.films, _say)
    sys.stdout.write((json.dumps(asdict(result), indent=2) if options.json else _text(result)) + "\n")


def _text(result: Result) -> str:
    lines = [f"| ranking of the clips of {result.films} films | mAP | best clip is a highlight |", "|---|---|---|"]
    lines += [f"| {row.ranking} | {row.mean_ap:.3f} | {row.first_right:.3f} |" for row in result.rows]
    return "\n".join([*lines, f"{result.highlights:.1%} of {result.clips} clips are highlights"])


def _say(line: str) -> None:
    sys.stderr.write(f"\r{line}")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
