"""From a sample of a data set to what a model learns from it, by the rules of the released checkpoints.

Axes: K layers of CLIP · T clips · P patches · L query tokens · G true moments.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from r2cli.datasets.dataset import Sample, Scale
from r2cli.errors import UnreadableInputError
from r2cli.training.batch import Batch, pad_tokens
from r2cli.training.targets import NONE, Truth, pad_windows

MOST_APART = 5
"""Clips by which a film and its ratings may differ in length; more, and they are not of the same film."""


@dataclass(frozen=True)
class Goal:
    """What is true of a query, on the clips of its video that were seen."""

    saliency: Tensor
    """[T] in [0, 1]."""
    candidates: tuple[int, ...]
    """Clips that the query is about; empty: none is."""
    windows: Tensor | None
    """[G, 2] in clips; None where the set has none."""

    @property
    def clips(self) -> int:
        """How many of the video's clips count."""
        return len(self.saliency)

    def draw(self, rng: random.Random) -> int:
        """One of the clips that the query is about, or `NONE`."""
        return rng.choice(self.candidates) if self.candidates else NONE


def make_goal(sample: Sample, clips: int, clips_per_second: float, scale: Scale | None) -> Goal:
    """What a model should say about a query.

    Moments are cut to the video, turned round where they end before they begin, and lengthened to one clip. A clip is
    as salient as it was rated; without ratings, it is where it lies in a moment.

    Args:
        sample: What was annotated.
        clips: How many were seen of the video.
        clips_per_second: At which rate.
        scale: Of the ratings.

    Raises:
        UnreadableInputError: The ratings are not of this video: their number differs too much.
    """
    windows = None if sample.windows is None else _fit(sample.windows, clips, clips_per_second)
    if sample.ratings is None or scale is None:
        saliency = _inside(torch.zeros(0, 2) if windows is None else windows, clips)
        return Goal(saliency, _places(saliency > 0), windows)
    rated = torch.from_numpy(_share(sample.ratings, scale))
    if abs(len(rated) - clips) >= MOST_APART:
        raise UnreadableInputError(
            f"{sample.video} has {clips} clips, and {len(rated)} of them are rated",
            "is it the whole video, and the rate of clips that of the annotations?",
        )
    saliency = rated[:clips]
    least = {"any": 0.0, "above half": 0.5, "above median": float(saliency.median())}[scale.positive]
    return Goal(saliency, _places(saliency > least), windows)


def _share(ratings: np.ndarray, scale: Scale) -> np.ndarray:
    """[T] float32: where the mean of a clip's ratings lies between the scale's ends."""
    raters = ratings.shape[1]
    share: np.ndarray = (ratings.sum(axis=1) - scale.low * raters) / ((scale.high - scale.low) * raters)
    return share.astype(np.float32)


def _fit(windows: Sequence[tuple[float, float]], clips: int, rate: float) -> Tensor:
    """[G, 2] in clips, float32 as the recorded ones are."""
    seconds = torch.tensor(windows, dtype=torch.float32).reshape(-1, 2).clamp(0, clips / rate)
    seconds = seconds.sort(dim=1).values
    half = 0.5 / rate
    middle = seconds.mean(dim=1).clamp(min(half, clips / rate - half), max(half, clips / rate - half))
    short = seconds[:, 1] - seconds[:, 0] < 1 / rate
    seconds[short] = torch.stack((middle - half, middle + half), dim=1)[short]
    return seconds * rate


def _inside(windows: Tensor, clips: int) -> Tensor:
    saliency = torch.zeros(clips)
    for start, end in windows.tolist():
        saliency[math.ceil(start) : math.ceil(end)] = 1
    return saliency


def _places(mask: Tensor) -> tuple[int, ...]:
    return tuple(mask.nonzero()[:, 0].tolist())


def collate(video: Sequence[Tensor], query: Sequence[Tensor], goals: Sequence[Goal], positive: Sequence[int]) -> Batch:
    """Put samples of different lengths together.

    Args:
        video: B tensors [K, T_b, P, Dv].
        query: B tensors [K, L_b, Dq].
        goals: Of the same samples; of longer videos, the first clips are taken.
        positive: The clip of each that was drawn, see `Goal.draw`.
    """
    clips, clip_mask = pad_tokens([tokens[:, : goal.clips].float() for tokens, goal in zip(video, goals, strict=True)])
    tokens, query_mask = pad_tokens(query)
    saliency = pad_sequence([goal.saliency for goal in goals], batch_first=True)
    windows = [goal.windows for goal in goals if goal.windows is not None]
    truth = Truth(saliency, torch.tensor(positive), *(pad_windows(windows) if len(windows) == len(goals) else ()))
    return Batch(clips, tokens, truth, clip_mask, query_mask)
