"""Highlights on sprite films never seen in training, in a drawing style never seen in training.

    python -m r2cli.evaluation.highlights

In each film things stand about, and now and then one does a deed: those clips are the highlights. It is encoded as
H.264 and rated as `r2 highlight --model sprites` does. Beside the model stand a random ranking, and the energy of what
changes from picture to picture.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from r2cli.datasets.dataset import Sample
from r2cli.datasets.sprites.rows import SPRITES_HIGHLIGHTS
from r2cli.evaluation.baseline import answer_at_random
from r2cli.evaluation.ranking import ranking_table
from r2cli.evaluation.report import result_json, say_progress
from r2cli.evaluation.run import Answers, Asker, Result, Row, ask_all, judge, make_row
from r2cli.evaluation.submission import Prediction
from r2cli.memory import Reading
from r2cli.tasks.rate import Rater, Wish
from r2cli.video.probe import probe
from r2cli.video.sampling.sample import sample_frames

_LOOKS, _EDGE = 6, 64
"""Pictures per clip, and their side in pixels, between which changes are measured."""
_SHUFFLES = 200
_ALL_CLIPS = "all clips"


def evaluate(model: str, films: int, report: Callable[[int, int], None] = lambda films, asked: None) -> Result:
    """Run the benchmark.

    Args:
        model: Whose highlights.
        films: How many films.
        report: Told after each how many there were, and how many queries.
    """
    askers = {model: _ask_rater(Rater(Wish(model=model))), "frame difference": _ask_change}
    answers = ask_all(SPRITES_HIGHLIGHTS, Path(), "test", askers, videos=films, on_progress=report)
    result = judge(SPRITES_HIGHLIGHTS, "test", answers)
    return replace(result, rows=(*result.rows, _chance(answers), _truth(answers)))


def _chance(answers: Answers) -> Row:
    tables = [ranking_table(answers.samples, answer_at_random(answers.samples, seed)) for seed in range(_SHUFFLES)]
    mean = {name: np.mean([table[name] for table in tables], axis=0) for name in tables[0]}
    return make_row("random", "", answers.samples, mean)


def _truth(answers: Answers) -> Row:
    ratings = np.concatenate([sample.ratings for sample in answers.samples if sample.ratings is not None])
    return Row(_ALL_CLIPS, "", len(ratings), {"highlights": 100 * float((ratings >= 0.5).mean())})


def _ask_rater(rater: Rater) -> Asker:
    def ask(path: Path, samples: Sequence[Sample]) -> list[Prediction]:
        findings = rater.rate(probe(path), Reading(cache=False)).findings
        return [Prediction(one.id, one.video, saliency=[clip.score for clip in findings.saliency]) for one in samples]

    return ask


def _ask_change(path: Path, samples: Sequence[Sample]) -> list[Prediction]:
    """Mean squared difference of the pictures of every clip, each from the one before."""
    rate = SPRITES_HIGHLIGHTS.clips_per_second or 1.0
    change: list[float] = []
    before = None
    with closing(sample_frames(probe(path), rate * _LOOKS, _EDGE)) as batches:
        for batch in batches:
            for picture in batch.pixels.astype(np.float32):
                change.append(0.0 if before is None else float(np.square(picture - before).mean()))
                before = picture
    clips = -(-len(change) // _LOOKS)
    energy = np.pad(np.array(change), (0, clips * _LOOKS - len(change))).reshape(clips, _LOOKS).mean(axis=1)
    return [Prediction(one.id, one.video, saliency=energy.tolist()) for one in samples]


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m r2cli.evaluation.highlights", description="Evaluate highlights on sprite films."
    )
    parser.add_argument("--model", default="sprites", help="checkpoint to test")
    parser.add_argument("--films", type=int, default=60, help="films to test on")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(argv)
    result = evaluate(options.model, options.films, say_progress)
    sys.stdout.write((result_json(result) if options.json else _text(result)) + "\n")


def _text(result: Result) -> str:
    lines = [f"| ranking of the clips of {result.videos} films | mAP | best clip is a highlight |", "|---|---|---|"]
    for row in result.rows:
        if row.who != _ALL_CLIPS:
            lines.append(f"| {row.who} | {row.metrics['mAP'] / 100:.3f} | {row.metrics['Hit1'] / 100:.3f} |")
    clips = result.row(_ALL_CLIPS)
    return "\n".join([*lines, f"{clips.metrics['highlights']:.1f}% of {clips.queries} clips are highlights"])


if __name__ == "__main__":
    main()
