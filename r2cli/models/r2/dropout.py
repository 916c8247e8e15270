"""Dropout whose random numbers do not cost more than the layers around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_STEPS = 2**16


class Dropout(nn.Module):
    """As `torch.nn.Dropout`, but on the CPU one 64-bit random number decides about four values.

    There torch draws two numbers for each value, which took a quarter of a training step. The price is that the chance
    is rounded to 1/65536.
    """

    def __init__(self, chance: float) -> None:
        super().__init__()
        self.chance = chance

    def forward(self, x: Tensor) -> Tensor:
        """Zero values of x [...] by chance and grow the others to keep the mean; in training only."""
        if not self.training or self.chance == 0:
            return x
        if x.device.type != "cpu":
            return functional.dropout(x, self.chance)
        dropped = min(round(self.chance * _STEPS), _STEPS - 1)
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        keep = words.view(torch.int16)[: x.numel()].view(x.shape) >= dropped - _STEPS // 2
        return x * keep.to(x.dtype).mul_(_STEPS / (_STEPS - dropped))
