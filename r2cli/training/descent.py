"""One step downhill, as every R² model of the sprite world takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from r2cli.training.sprites.clip import rate_at


class Pace(Protocol):
    """How fast, and for how long."""

    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def warmup(self) -> int: ...  # noqa: D102
    @property
    def muon(self) -> float: ...  # noqa: D102
    @property
    def adam(self) -> float: ...  # noqa: D102
    @property
    def weight_decay(self) -> float: ...  # noqa: D102


def make_optimizers(model: nn.Module, pace: Pace) -> list[torch.optim.Optimizer]:
    """Muon for matrices, AdamW for everything else."""
    matrices = [p for p in model.parameters() if p.ndim == 2 and min(p.shape) > 2]
    known = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in known]
    return [
        torch.optim.Muon(matrices, lr=pace.muon, weight_decay=pace.weight_decay),
        torch.optim.AdamW(rest, lr=pace.adam, betas=(0.9, 0.98), weight_decay=pace.weight_decay),
    ]


def descend(model: nn.Module, optimizers: Sequence[torch.optim.Optimizer], loss: Tensor, step: int, pace: Pace) -> None:
    """Follow the gradient of a loss, at the rate that is due at this step."""
    factor = rate_at(step, pace.steps, pace.warmup)
    for optimizer, rate in zip(optimizers, (pace.muon, pace.adam), strict=True):
        optimizer.zero_grad(set_to_none=True)
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    for optimizer in optimizers:
        optimizer.step()


def mean_of(recent: Sequence[dict[str, float]]) -> str:
    """The mean of every loss over the last steps, for people."""
    named: dict[str, Any] = {name: np.mean([row[name] for row in recent]) for name in recent[0]}
    return "  ".join(f"{name} {value:.4f}" for name, value in named.items())
