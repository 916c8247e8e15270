"""Queries that combine, and counts, on sprite films never seen in training: `and`, `not` and `then`.

    python -m r2cli.evaluation.algebra
    python -m r2cli.evaluation.algebra --queries 50 --work runs/algebra

Pairs of questions are made from the scripts of held-out films, whose exact answers are known. Every film is drawn,
encoded as H.264 and asked all its single questions at once; what was found is kept in the folder of `--work`, so that a
run that was stopped goes on where it was. Then the answers are combined. Beside the model stands the same algebra on
what the same CLIP gives without it: stretches in which the similarity of frame and sentence is high.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from r2cli.algebra.counting import count
from r2cli.algebra.expression import Expression, Linked, Not, Words, all_of
from r2cli.algebra.meaning import World, mean, told
from r2cli.algebra.values import Value, distinct, make_value
from r2cli.datasets.sprites.pairs import KINDS, WITHIN, Pair, Spans, never, pairs
from r2cli.datasets.sprites.script import Question
from r2cli.evaluation.grounding import overlap_matrix
from r2cli.evaluation.looked import Looked, look_at_films
from r2cli.evaluation.report import say_progress
from r2cli.tasks.combine import level_of, scale_of
from r2cli.tasks.load import load

_PER_FILM = 6
"""Pairs of one kind, so that no film counts for much more than others."""
_RIGHT = 0.5
"""Overlap (intersection over union) of a true moment and an answer to it."""
_LEVELS = tuple(level / 100 for level in range(10, 90, 5))
"""Least scores to choose from."""
_COUNTED = range(1, 7)
"""Occurrences in films on which counting is measured."""


@dataclass(frozen=True)
class Cut:
    """Where the baseline cuts its curve."""

    height: float
    is_similarity: bool
    """Or else: a share of the way from the curve's lowest to its highest value."""


_CUTS = (
    *(Cut(share, False) for share in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
    *(Cut(similarity, True) for similarity in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)),
)

ROWS: dict[str, Callable[[Pair], bool]] = {
    "and": lambda pair: pair.kind == "and",
    "and, of two things": lambda pair: pair.kind == "and" and not (pair.first.deed or pair.second.deed),
    "not": lambda pair: pair.kind == "not",
    "then": lambda pair: pair.kind == "then",
}
"""Of the table: which pairs each is about."""

Finder = Callable[[Looked, str], Value]
"""What somebody finds in a film for one sentence."""
Answered = tuple[Value, Spans]
"""What was found for a pair, best first, and what is true."""


@dataclass(frozen=True)
class Tally:
    """Answers that are right, wrong, and missing."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missing + other.missing)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = 2 * self.right + self.wrong + self.missing
        return 2 * self.right / total if total else 1.0


@dataclass(frozen=True)
class Bench:
    """What is asked, and on what scale answers are."""

    asked: tuple[tuple[Looked, Pair], ...]
    level: float
    slack: float

    def of(self, name: str) -> Bench:
        """The part of it that a row of the table tells of."""
        return replace(self, asked=tuple(one for one in self.asked if ROWS[name](one[1])))

    def answers(self, finder: Finder) -> list[Answered]:
        """What comes of somebody's single answers, for each pair."""
        return [(self._one(looked, pair, finder), pair.moments) for looked, pair in self.asked]

    def _one(self, looked: Looked, pair: Pair, finder: Finder) -> Value:
        texts = pair.first.text, pair.second.text
        world = World(looked.duration, self.level, self.slack)
        return told(mean(expression_of(pair), {text: finder(looked, text) for text in texts}, world), world)


def tally(answers: Iterable[Answered], least: float) -> Tally:
    """How good answers are, all together, if none that scores less is shown."""
    return sum((matched(found[found[:, 2] >= least], true) for found, true in answers), Tally())


def expression_of(pair: Pair) -> Expression:
    """What is asked, as a user would."""
    first, second = Words(pair.first.text), Words(pair.second.text)
    if pair.kind == "then":
        return Linked("then", first, second, WITHIN)
    return all_of(first, Not(second) if pair.kind == "not" else second)


def matched(found: Value, true: Sequence[tuple[float, float]]) -> Tally:
    """Each true moment is found once at most, by the best answer that overlaps it enough.

    Args:
        found: [N, 3], best first.
        true: Start and end, seconds.
    """
    overlaps = overlap_matrix(found[:, :2], np.array(true, dtype=np.float64).reshape(-1, 2))
    right = 0
    for row in range(len(found)):
        if len(true) and overlaps[row].max() >= _RIGHT:
            overlaps[:, overlaps[row].argmax()] = 0
            right += 1
    return Tally(right, len(found) - right, len(true) - right)


def by_model(looked: Looked, text: str) -> Value:
    """What the model finds."""
    return make_value(looked.found[text])


def by_truth(looked: Looked, text: str) -> Value:
    """What is there: what is wrong then is the algebra's fault."""
    (true,) = {one.moments for one in looked.questions if one.text == text}
    return make_value([(start, end, 1.0) for start, end in true])


def by_similarity(looked: Looked, text: str, *, cut: Cut, rate: float) -> Value:
    """The stretches in which frames are similar to the sentence; all of them equally sure."""
    curve = np.array(looked.similarity[text])
    high = curve >= (cut.height if cut.is_similarity else curve.min() + cut.height * np.ptp(curve))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], high, [False])).astype(int))) / rate
    return make_value([(start, end, 1.0) for start, end in zip(edges[::2], edges[1::2], strict=True)])


def choose_pairs(looked: Looked, rng: random.Random) -> Iterator[tuple[Looked, Pair]]:
    """A few pairs of each kind, if the film has so many."""
    for kind in KINDS:
        of_kind = list(pairs(kind, looked.questions))
        yield from ((looked, pair) for pair in rng.sample(of_kind, min(_PER_FILM, len(of_kind))))


def gather(films: Iterator[Looked], queries: int) -> tuple[list[Looked], tuple[tuple[Looked, Pair], ...]]:
    """Look at films until there are so many pairs of each kind."""
    seen: list[Looked] = []
    asked: dict[str, list[tuple[Looked, Pair]]] = {kind: [] for kind in KINDS}
    for looked in films:
        seen.append(looked)
        for one in choose_pairs(looked, random.Random(f"pairs {looked.seed}")):
            if len(asked[one[1].kind]) < queries:
                asked[one[1].kind].append(one)
        say_progress(len(seen), sum(map(len, asked.values())))
        if all(len(of_kind) >= queries for of_kind in asked.values()):
            break
    return seen, tuple(one for of_kind in asked.values() for one in of_kind)


def _never(films: Sequence[Looked], kind: str) -> Iterator[tuple[Looked, Pair]]:
    for looked in films:
        of_kind = list(never(kind, looked.questions))
        rng = random.Random(f"never {looked.seed}")
        yield from ((looked, pair) for pair in rng.sample(of_kind, min(_PER_FILM, len(of_kind))))


def count_shares(films: Sequence[Looked], slope: float, offset: float) -> tuple[int, float, float]:
    """How many single questions were counted, the share of exact numbers, and that of intervals that hold the true."""
    exact, held = [], []
    for film, question in _singles(films):
        true = len(question.moments)
        if true in _COUNTED:
            said = count(distinct(by_model(film, question.text))[:, 2], slope, offset)
            exact.append(said.occurrences == true)
            held.append(said.low <= true <= said.high)
    return len(exact), float(np.mean(exact)), float(np.mean(held))


def single_tally(films: Sequence[Looked], kind: str, least: float) -> Tally:
    """How well single questions are answered: what any combination of them stands on."""
    found = ((distinct(by_model(film, one.text)), one) for film, one in _singles(films) if one.kind == kind)
    return tally(((value, one.moments) for value, one in found), least)


def _singles(films: Sequence[Looked]) -> Iterator[tuple[Looked, Question]]:
    return ((film, question) for film in films for question in film.questions)


def evaluate(model_name: str, queries: int, calibration: int, work: Path) -> str:
    """Run the benchmark.

    Args:
        model_name: Checkpoint.
        queries: Pairs of each kind.
        calibration: Number of other films, to choose the baseline's cut and a least score on.
        work: Where what was found is kept.

    Returns:
        The tables, as Markdown.
    """
    model = load(model_name)
    rate, shipped = model.checkpoint.clips_per_second, model.checkpoint.min_score
    films, asked = gather(look_at_films(model, "test", work), queries)
    others, tried = gather(look_at_films(model, "calibration", work, most=calibration), sys.maxsize)
    bench, trial = (Bench(some, level_of(model), 1 / rate) for some in (asked, tried))
    lines = [
        f"| query | n | F1@0.5 at {shipped:g} | at the calibrated score | similarity | on true single answers |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(name, bench.of(name), trial.of(name), shipped, rate) for name in ROWS]
    for kind in ("thing", "deed"):
        alone = single_tally(films, kind, shipped)
        lines.append(f"| a {kind} alone | {alone.right + alone.missing} moments | {alone.f1:.3f} | | | |")
    for kind in ("and", "then"):
        said = Bench(tuple(_never(films, kind)), bench.level, bench.slack).answers(by_model)
        share = np.mean([bool(len(found)) and found[0, 2] >= shipped for found, _ in said])
        lines += ["", f'"{kind}" that never is, of what is in the film: {share:.1%} of {len(said)} answered']
    number, exact, held = count_shares(films, *scale_of(model))
    lines += ["", f"counts of {number} questions with 1 to 6 occurrences in {len(films)} films: {exact:.1%} exact, "]
    return "\n".join(lines) + f"{held:.1%} of intervals hold the true number"


def _row(name: str, bench: Bench, trial: Bench, shipped: float, rate: float) -> str:
    """How well pairs are answered, by the model and beside it; cuts are chosen on the trial's films."""
    finders = [partial(by_similarity, cut=cut, rate=rate) for cut in _CUTS]
    plain = max(finders, key=lambda finder: tally(trial.answers(finder), 0.0).f1)
    tried, found = (some.answers(by_model) for some in (trial, bench))
    least = max(_LEVELS, key=lambda level: tally(tried, level).f1)
    at_shipped, at_least = (tally(found, level).f1 for level in (shipped, least))
    similarity, truth = (tally(bench.answers(finder), 0.0).f1 for finder in (plain, by_truth))
    figures = f"{at_shipped:.3f} | {at_least:.3f} ({least:.2f}) | {similarity:.3f} | {truth:.3f}"
    return f"| {name} | {len(found)} | {figures} |"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m r2cli.evaluation.algebra", description="Evaluate combinations.")
    parser.add_argument("--model", default="sprites", help="checkpoint to test")
    parser.add_argument("--queries", type=int, default=200, help="pairs of each kind")
    parser.add_argument("--calibration", type=int, default=20, help="other films, to choose cuts on")
    parser.add_argument("--work", type=Path, default=Path("runs/algebra"), help="where what was found is kept")
    options = parser.parse_args(argv)
    sys.stdout.write(evaluate(options.model, options.queries, options.calibration, options.work) + "\n")


if __name__ == "__main__":
    main()
