"""Grounding on sprite films never seen in training, in a drawing style never seen in training.

    python -m r2cli.evaluation.sprites
    python -m r2cli.evaluation.sprites --sampling auto --keyframes 10   # a keyframe every ten seconds

Each film is encoded as H.264, read back through FFmpeg, and asked every question that it answers and as many that it
must answer with nothing. Beside the model stands what the same CLIP gives without it: per-clip similarity of frame and
sentence, and the stretch around its peak.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.datasets.dataset import Dataset, Sample
from r2cli.datasets.sprites.art import Sprites, load_sprites, packaged_sprites
from r2cli.datasets.sprites.rows import SPRITES, draw_film, read_questions
from r2cli.datasets.sprites.script import HELD_OUT_STYLE
from r2cli.evaluation.metrics import Span, auroc
from r2cli.evaluation.report import result_json, say_progress
from r2cli.evaluation.run import Answers, Asker, Result, Row, ask_all, ask_model, judge
from r2cli.evaluation.submission import Prediction
from r2cli.memory import Reading
from r2cli.tasks.load import load
from r2cli.video.probe import probe
from r2cli.video.sampling.sample import SAMPLINGS, sample_frames

MODEL, SIMILARITY = "model", "similarity"
KINDS = ("thing", "deed")
"""Of questions that films answer."""
BASELINE_SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Where the baseline may cut its curve, between its lowest and highest value; the best one is chosen on other films."""


@dataclass(frozen=True)
class Seen:
    """How the films come, and which of their pictures the model sees."""

    sampling: str = "exact"
    """One of `video.SAMPLINGS`."""
    keyframe_seconds: float | None = None
    """From one keyframe to the next; None: as the encoder likes."""


def evaluate(model_name: str, films: int, calibration: int, art: Path | None = None, seen: Seen = Seen()) -> Result:
    """Run the benchmark.

    Args:
        model_name: Checkpoint.
        films: Number of test films.
        calibration: Number of other films to choose the threshold to report and the baseline's cut on.
        art: Sprites of the training styles; given, the calibration films are drawn in those.
        seen: How the films come and are sampled.
    """
    model = load(model_name)
    threshold, share = calibrate(answer_films(model, in_styles(seen, art), "calibration", calibration, seen))
    answers = with_share(answer_films(model, in_styles(seen), "test", films, seen), share)
    result = judge(SPRITES, "test", answers)
    levels = {"shipped": model.checkpoint.min_score, "calibrated": threshold}
    told = [presence(answers, level, f"presence, {name} threshold") for name, level in levels.items()]
    return replace(result, rows=(*result.rows, *told))


def in_styles(seen: Seen, art: Path | None = None) -> Dataset:
    """The data set, its films written as they are to come, in the held-out style or in those of some other art."""
    sprites: Sprites = {**packaged_sprites(), **(load_sprites(art) if art else {})}
    styles = tuple(sorted({style for style, _ in sprites} - {HELD_OUT_STYLE})) if art else (HELD_OUT_STYLE,)
    film = partial(draw_film, sprites=lambda: sprites, styles=styles, keyframe_seconds=seen.keyframe_seconds)
    return replace(SPRITES, read=partial(read_questions, styles=styles), film=film)


def answer_films(model: LoadedModel, dataset: Dataset, split: str, films: int, seen: Seen = Seen()) -> Answers:
    """Make the first films of a split, and ask each everything."""
    askers = {
        MODEL: ask_model(model, Reading(sampling=seen.sampling, cache=False)),
        SIMILARITY: _ask_similarity(model, seen.sampling),
    }
    return ask_all(dataset, Path(), split, askers, videos=films, on_progress=say_progress)


def _ask_similarity(model: LoadedModel, sampling: str) -> Asker:
    """For each share one span, in order; all of them scored with the highest similarity of a frame and the sentence."""

    def ask(path: Path, samples: Sequence[Sample]) -> list[Prediction]:
        rate = model.checkpoint.clips_per_second
        eye = model.backbone.pixels
        batches = sample_frames(
            probe(path),
            rate,
            model.backbone.size,
            sampling=sampling,
            interpolation=eye.interpolation,
            resize=eye.resize,
        )
        seen = model.backbone.embed_frames(np.concatenate([batch.pixels for batch in batches])).numpy()
        said = model.backbone.embed_queries([one.query for one in samples]).numpy()
        return [_around_peak(one, curve, rate) for one, curve in zip(samples, said @ seen.T, strict=True)]

    return ask


def _around_peak(sample: Sample, curve: np.ndarray, rate: float) -> Prediction:
    spans = [similarity_span(curve, rate, share) for share in BASELINE_SHARES]
    windows = np.array([(*span, float(curve.max())) for span in spans])
    return Prediction(sample.id, sample.video, sample.query, windows, curve.tolist())


def similarity_span(curve: np.ndarray, clips_per_second: float, share: float) -> Span:
    """The stretch around the peak of a curve that stays above a share of its range.

    Args:
        curve: [T], one value per clip.
        clips_per_second: Clips per second.
        share: Of the way from the lowest to the highest value.
    """
    level = curve.min() + share * (curve.max() - curve.min())
    first = last = int(curve.argmax())
    while first > 0 and curve[first - 1] >= level:
        first -= 1
    while last + 1 < len(curve) and curve[last + 1] >= level:
        last += 1
    return first / clips_per_second, (last + 1) / clips_per_second


def with_share(answers: Answers, share: float) -> Answers:
    """The same, with only the baseline's answer for one of `BASELINE_SHARES`."""
    column = BASELINE_SHARES.index(share)
    chosen = [replace(one, windows=one.windows[column : column + 1]) for one in answers.said[SIMILARITY]]
    return answers.also(SIMILARITY, chosen)


def presence(answers: Answers, threshold: float, name: str = "presence") -> Row:
    """Whether scores tell what is in a film from what is not.

    Args:
        answers: Of the model and of the baseline.
        threshold: Least score of an answer.
        name: What the row is called.

    Returns:
        In percent: the AUROC of both, the share of absent queries that get an answer, of present ones that get none.
    """
    scores = {who: np.array([_score(one) for one in found]) for who, found in answers.said.items()}
    there = np.array([bool(sample.windows) for sample in answers.samples])
    of_both = {who: auroc(found[there].tolist(), found[~there].tolist()) for who, found in scores.items()}
    shares = {
        "threshold": threshold,
        "AUROC": of_both[MODEL],
        "similarity AUROC": of_both[SIMILARITY],
        "absent answered": float(np.mean(scores[MODEL][~there] >= threshold)),
        "present missed": float(np.mean(scores[MODEL][there] < threshold)),
    }
    return Row(MODEL, name, len(there), {what: 100 * share for what, share in shares.items()})


def _score(found: Prediction) -> float:
    return float(found.windows[0, 2]) if len(found.windows) else 0.0


def calibrate(answers: Answers) -> tuple[float, float]:
    """Choose the score at which as many present queries are missed as absent ones answered, and the baseline's cut.

    Returns:
        The threshold, in hundredths, and one of ``BASELINE_SHARES``.
    """
    levels = [level / 100 for level in range(5, 95)]
    rates = [presence(answers, level).metrics for level in levels]
    balanced = min(range(len(levels)), key=lambda i: abs(rates[i]["absent answered"] - rates[i]["present missed"]))

    def found(share: float) -> float:
        result = judge(SPRITES, "calibration", with_share(answers, share))
        return sum(row.metrics["MR-full-R1@0.7"] for row in result.rows if row.who == SIMILARITY)

    return levels[balanced], max(BASELINE_SHARES, key=found)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m r2cli.evaluation.sprites", description="Evaluate on sprite films.")
    parser.add_argument("--model", default="sprites", help="checkpoint to test")
    parser.add_argument("--films", type=int, default=90, help="films to test on")
    parser.add_argument("--calibration", type=int, default=15, help="other films, to choose the baseline's cut on")
    parser.add_argument("--art", type=Path, help="folder of sprites, to calibrate on the styles of training instead")
    parser.add_argument("--sampling", choices=SAMPLINGS, default="exact", help="which picture stands for a clip")
    parser.add_argument("--keyframes", type=float, metavar="SECONDS", help="write films with one so often")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(argv)
    result = evaluate(
        options.model, options.films, options.calibration, options.art, Seen(options.sampling, options.keyframes)
    )
    sys.stdout.write((result_json(result) if options.json else _text(result)) + "\n")


def _text(result: Result) -> str:
    lines = ["| queries | n | R1@0.5 | R1@0.7 | similarity R1@0.5 | R1@0.7 |", "|---|---|---|---|---|---|"]
    for kind in KINDS:
        rows = [result.row(who, kind) for who in (MODEL, SIMILARITY)]
        recalls = [row.metrics[f"MR-full-R1@{level}"] / 100 for row in rows for level in (0.5, 0.7)]
        lines.append(f"| {kind} | {rows[0].queries} | " + " | ".join(f"{recall:.3f}" for recall in recalls) + " |")
    for row in result.rows:
        if row.kind.startswith("presence"):
            told = row.metrics
            lines.append(
                f"{row.kind} {told['threshold'] / 100:.2f}: absent answered {told['absent answered']:.1f}%, present "
                f"missed {told['present missed']:.1f}%, AUROC {told['AUROC'] / 100:.3f} "
                f"(similarity {told['similarity AUROC'] / 100:.3f})"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
