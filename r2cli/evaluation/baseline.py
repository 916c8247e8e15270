"""What can be answered without looking: a model that is not better has learned the annotators' habits and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from r2cli.datasets.dataset import Sample
from r2cli.evaluation.submission import Prediction

_CELLS = 20
"""Into how many parts a video's length is divided, to count where moments begin and end."""
_ANSWERS = 10


def frequent_spans(samples: Iterable[Sample]) -> list[tuple[float, float, float]]:
    """Where in a video moments lie most often.

    Args:
        samples: With windows and durations; others are left out.

    Returns:
        Start and end as shares of the video's length, and the share of all moments there; most frequent first.
    """
    cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for sample in samples:
        for start, end in sample.windows or ():
            if sample.duration:
                first, last = (min(1.0, max(0.0, at / sample.duration)) for at in (start, end))
                cells.setdefault((round(first * _CELLS), round(last * _CELLS)), []).append((first, last))
    counts = Counter({cell: len(spans) for cell, spans in cells.items()})
    total = max(1, sum(counts.values()))
    best = counts.most_common(_ANSWERS)
    return [(*np.median(cells[cell], axis=0).tolist(), count / total) for cell, count in best]


def answer_blindly(samples: Sequence[Sample], spans: Sequence[tuple[float, float, float]]) -> list[Prediction]:
    """The same spans for every query, whatever it says, stretched to its video's length."""
    rows = np.array(spans, dtype=np.float64).reshape(-1, 3)
    return [
        Prediction(sample.id, sample.video, sample.query, rows * (sample.duration or 0, sample.duration or 0, 1))
        for sample in samples
    ]


def answer_at_random(samples: Sequence[Sample], seed: int) -> list[Prediction]:
    """A random score for every clip that is rated."""
    rng = np.random.default_rng(seed)
    clips = [0 if sample.ratings is None else len(sample.ratings) for sample in samples]
    return [
        Prediction(sample.id, sample.video, saliency=rng.random(count).tolist())
        for sample, count in zip(samples, clips, strict=True)
    ]
