"""How good a model is that is still learning: it is asked about the tokens that it learns from, not about films."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from r2cli.datasets.dataset import Dataset, Sample
from r2cli.evaluation.run import MEASURES, make_row
from r2cli.evaluation.submission import Prediction
from r2cli.models.family import Clips, Family
from r2cli.select.postprocess import Suppression, select_moments

if TYPE_CHECKING:
    from torch import Tensor, nn

_TOLD = {"moments": ("MR-full-mAP", "MR-full-R1@0.5", "MR-full-R1@0.7")}
"""The measures that are worth a line, the one that decides first; of other sets, all."""


@dataclass(frozen=True)
class Rehearsal:
    """The queries of a split, and what a CLIP sees and reads of them; every video is seen at once, as papers do it."""

    dataset: Dataset
    samples: tuple[Sample, ...]
    look: Callable[[Sample], tuple[Tensor, float]]
    """Given a sample: the tokens of its video [K, T, P, Dv], and its rate in clips a second."""
    family: Family[Any, Any]
    read: Callable[[str], Tensor]
    """Given a query: what a model of the family needs of it."""
    unit: float | None
    suppression: Suppression | None
    """Both as in `Checkpoint`."""

    def figures(self, model: nn.Module) -> dict[str, float]:
        """What a model answers right, in percent; it learns on as if nobody had asked."""
        import torch

        was_learning = model.training
        model.eval()
        try:
            with torch.inference_mode():
                said = [self._answer(sample, model) for sample in self.samples]
        finally:
            model.train(was_learning)
        row = make_row("model", "", self.samples, MEASURES[self.dataset.measure](self.samples, said))
        names: Sequence[str] = _TOLD.get(self.dataset.measure, tuple(row.metrics))
        return {name: row.metrics[name] for name in names if name in row.metrics}

    def _answer(self, sample: Sample, model: nn.Module) -> Prediction:
        device = next(model.parameters()).device
        tokens, rate = self.look(sample)
        seen = tokens.to(device).float()
        memory = self.family.remember(model, [Clips(seen, seen.new_zeros(seen.shape[1], 0))])
        (found,) = self.family.ask(model, [memory], self.read(sample.query).to(device), clips_per_second=rate)
        seconds = sample.duration or seen.shape[1] / rate
        moments = select_moments(found.boundary.numpy(), seconds, unit=self.unit, suppression=self.suppression)
        windows = np.array([(one.start, one.end, one.score) for one in moments], dtype=np.float64).reshape(-1, 3)
        return Prediction(sample.id, sample.video, sample.query, windows, found.saliency.tolist())
