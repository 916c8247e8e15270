"""How fast to learn at which step, as a share of the full rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """How long, and how fast at each step."""

    @property
    def steps(self) -> int:
        """How many there are."""

    def rate_at(self, step: int) -> float:
        """The share of the full rate that is due at a step, counted from 0."""


@dataclass(frozen=True)
class HalfCosine:
    """Linear warm-up, then half a cosine down to 2 %."""

    steps: int
    warmup: int

    def rate_at(self, step: int) -> float:
        """See `Schedule`."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        share = (step - self.warmup) / max(1, self.steps - self.warmup)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Stairs:
    """Linear warm-up, then the full rate, and a tenth of it from each drop on."""

    steps: int
    warmup: int = 0
    drops: tuple[int, ...] = ()
    """Steps from which the rate is a tenth of what it was."""
    first: float = 0.001
    """Share of the rate at the very first step."""

    def rate_at(self, step: int) -> float:
        """See `Schedule`."""
        height = float(0.1 ** sum(step >= drop for drop in self.drops))
        return height * (1 - (1 - min(1.0, step / self.warmup)) * (1 - self.first)) if self.warmup else height
