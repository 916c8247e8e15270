"""Grounding on sprite films never seen in training, in a drawing style never seen in training.

    python -m r2cli.evaluation.sprites
    python -m r2cli.evaluation.sprites --sampling auto --keyframes 10   # a keyframe every ten seconds

Each film is encoded as H.264, read back through FFmpeg, and asked every question that it answers and as many that it
must answer with nothing. Beside the model stands what the same CLIP gives without it: per-clip similarity of frame and
sentence, and the stretch around its peak.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.datasets.sprites.art import Sprites, load_sprites, packaged_sprites
from r2cli.datasets.sprites.film import write_film
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, Question, ask, write_script
from r2cli.evaluation.metrics import Span, auroc, best_iou, recall_at_1
from r2cli.tasks.load import load
from r2cli.tasks.remember import remember
from r2cli.video.probe import probe
from r2cli.video.sampling.sample import SAMPLINGS, sample_frames

TEST_SEED, CALIBRATION_SEED = 0, 500_000
"""First seeds of the films to test on and of those to choose thresholds on; training starts at a million."""
BASELINE_SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Where the baseline may cut its curve, between its lowest and highest value; the best one is chosen on other films."""


@dataclass(frozen=True)
class Seen:
    """How the films come, and which of their pictures the model sees."""

    sampling: str = "exact"
    """One of `video.SAMPLINGS`."""
    keyframe_seconds: float | None = None
    """From one keyframe to the next; None: as the encoder likes."""


@dataclass(frozen=True)
class Answered:
    """One question with what was answered."""

    question: Question
    span: Span | None
    """The model's first answer, whatever its score."""
    score: float
    """Of that answer; 0 without one."""
    baseline: tuple[Span, ...]
    """The similarity baseline's first answer, for each of ``BASELINE_SHARES``."""
    similarity: float
    """The highest similarity of a frame and the sentence."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    kind: str
    queries: int
    recall_50: float
    recall_70: float
    baseline_50: float
    baseline_70: float


@dataclass(frozen=True)
class Presence:
    """Whether the score tells present from absent."""

    auroc: float
    baseline_auroc: float
    threshold: float
    answered_absent: float
    """Share of absent queries that get an answer at the threshold."""
    missed_present: float
    """Share of present queries that get none."""


@dataclass(frozen=True)
class Result:
    """Everything that a run measures."""

    grounding: tuple[Row, ...]
    presence: Presence
    """At the checkpoint's own threshold."""
    calibrated: Presence
    """At the threshold that balances both errors on the calibration films."""
    baseline_share: float


def answer_films(
    model: LoadedModel,
    sprites: Sprites,
    styles: tuple[str, ...],
    seeds: Sequence[int],
    report: Callable[[str], None],
    seen: Seen = Seen(),
) -> list[Answered]:
    """Make the films of some seeds, and ask each everything.

    Args:
        model: The model under test.
        sprites: The art.
        styles: Drawing styles of the films.
        seeds: One film per seed.
        report: Gets a line per film.
        seen: How the films come and are sampled.
    """
    answers: list[Answered] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        for seed in seeds:
            film = write_script(seed, styles)
            write_film(film, sprites, path, width=640, height=360, rate=12, keyframe_seconds=seen.keyframe_seconds)
            answers += _ask_film(model, path, ask(film, random.Random(f"ask {seed}")), seen.sampling)
            report(f"film {seed}: {len(answers)} questions so far")
    return answers


def _ask_film(model: LoadedModel, path: Path, questions: list[Question], sampling: str) -> Iterator[Answered]:
    video = remember(path, model=model, sampling=sampling, cache=False)
    rate = model.checkpoint.clips_per_second
    batches = sample_frames(probe(path), rate, model.backbone.size, sampling=sampling)
    seen = model.backbone.embed_frames(np.concatenate([batch.pixels for batch in batches])).numpy()
    said = model.backbone.embed_queries([question.text for question in questions]).numpy()
    for question, similarity in zip(questions, said @ seen.T, strict=True):
        moments = video.find(question.text, top=1, min_score=0.0).moments
        yield Answered(
            question,
            (moments[0].start, moments[0].end) if moments else None,
            moments[0].score if moments else 0.0,
            tuple(similarity_span(similarity, rate, share) for share in BASELINE_SHARES),
            float(similarity.max()),
        )


def similarity_span(similarity: np.ndarray, clips_per_second: float, share: float) -> Span:
    """The stretch around the peak of a curve that stays above a share of its range.

    Args:
        similarity: [T], one value per clip.
        clips_per_second: Clips per second.
        share: Of the way from the lowest to the highest value.
    """
    level = similarity.min() + share * (similarity.max() - similarity.min())
    first = last = int(similarity.argmax())
    while first > 0 and similarity[first - 1] >= level:
        first -= 1
    while last + 1 < len(similarity) and similarity[last + 1] >= level:
        last += 1
    return first / clips_per_second, (last + 1) / clips_per_second


def grounding_row(kind: str, answers: Sequence[Answered], share: float) -> Row:
    """R1 of the model and of the baseline on one kind of question."""
    column = BASELINE_SHARES.index(share)
    asked = [a for a in answers if a.question.kind == kind]
    model = [best_iou(a.span, a.question.moments) for a in asked]
    baseline = [best_iou(a.baseline[column], a.question.moments) for a in asked]
    recalls = [recall_at_1(ious, level) for ious in (model, baseline) for level in (0.5, 0.7)]
    return Row(kind, len(asked), *recalls)


def presence(answers: Sequence[Answered], threshold: float) -> Presence:
    """Whether scores tell what is in a film from what is not."""
    present = [a for a in answers if a.question.moments]
    absent = [a for a in answers if not a.question.moments]
    return Presence(
        auroc([a.score for a in present], [a.score for a in absent]),
        auroc([a.similarity for a in present], [a.similarity for a in absent]),
        threshold,
        float(np.mean([a.score >= threshold for a in absent])),
        float(np.mean([a.score < threshold for a in present])),
    )


def calibrate(answers: Sequence[Answered]) -> tuple[float, float]:
    """Choose the score at which as many present queries are missed as absent ones answered, and the baseline's cut.

    Returns:
        The threshold, in hundredths, and one of ``BASELINE_SHARES``.
    """
    levels = [level / 100 for level in range(5, 95)]
    rates = [presence(answers, level) for level in levels]
    balanced = min(range(len(levels)), key=lambda i: abs(rates[i].answered_absent - rates[i].missed_present))
    share = max(BASELINE_SHARES, key=lambda s: sum(grounding_row(k, answers, s).baseline_70 for k in ("thing", "deed")))
    return levels[balanced], share


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
    sys.stdout.write((json.dumps(asdict(result), indent=2) if options.json else _text(result)) + "\n")


def evaluate(model_name: str, films: int, calibration: int, art: Path | None, seen: Seen = Seen()) -> Result:
    """Run the benchmark.

    Args:
        model_name: Checkpoint.
        films: Number of test films.
        calibration: Number of other films to choose the threshold to report and the baseline's cut on.
        art: Sprites of the training styles; given, the calibration films are drawn in those.
        seen: How the films come and are sampled.
    """
    model = load(model_name)
    shipped = packaged_sprites()
    sprites = {**shipped, **(load_sprites(art) if art else {})}
    styles = tuple(sorted({style for style, _ in sprites} - {HELD_OUT_STYLE})) if art else (HELD_OUT_STYLE,)
    others = range(CALIBRATION_SEED, CALIBRATION_SEED + calibration)
    threshold, share = calibrate(answer_films(model, sprites, styles, others, _say, seen))
    tests = range(TEST_SEED, TEST_SEED + films)
    answers = answer_films(model, shipped, (HELD_OUT_STYLE,), tests, _say, seen)
    rows = [grounding_row(kind, answers, share) for kind in ("thing", "deed")]
    shipped_threshold, other_threshold = (presence(answers, level) for level in (model.checkpoint.min_score, threshold))
    return Result(tuple(rows), shipped_threshold, other_threshold, share)


def _text(result: Result) -> str:
    lines = ["| queries | n | R1@0.5 | R1@0.7 | similarity R1@0.5 | R1@0.7 |", "|---|---|---|---|---|---|"]
    for row in result.grounding:
        recalls = (row.recall_50, row.recall_70, row.baseline_50, row.baseline_70)
        lines.append(f"| {row.kind} | {row.queries} | " + " | ".join(f"{recall:.3f}" for recall in recalls) + " |")
    for name, told in (("shipped", result.presence), ("calibrated", result.calibrated)):
        lines.append(
            f"{name} threshold {told.threshold:.2f}: absent answered {told.answered_absent:.1%}, present missed "
            f"{told.missed_present:.1%}, AUROC {told.auroc:.3f} (similarity {told.baseline_auroc:.3f})"
        )
    return "\n".join(lines)


def _say(line: str) -> None:
    sys.stderr.write(f"\r{line}")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
