"""Where a model's answer about a window comes from, as far as its family says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from r2cli.models.family import Prediction


@dataclass(frozen=True)
class Trace:
    """The very numbers that an answer was computed from: float32 tensors on the CPU.

    Axes: T clips of the window · K layers of CLIP, lowest first.
    """

    answer: Prediction
    """To the last bit what `Family.ask` says."""
    certainty: Tensor
    """[T], the best score of a boundary whose place is at the clip."""
    fit: Tensor
    """[T], cosine of the refined clip and the query."""
    gates: Tensor
    """[K], share in which each layer is taken in, over what those above it gave."""
    layer_fit: Tensor
    """[K, T], cosine of each clip and the query in each layer."""
