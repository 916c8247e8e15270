"""How often something happens, as far as a model can tell."""

from __future__ import annotations

from dataclasses import dataclass

CERTAINTY = 0.9
"""That the true number lies in the interval, if the model's scores are what they say."""


@dataclass(frozen=True)
class Count:
    """A number of occurrences, and where the true number lies."""

    occurrences: int
    """The most likely number."""
    low: int
    high: int
    """Both count."""
    certainty: float = CERTAINTY
    """That it lies from `low` to `high`."""

    def __str__(self) -> str:
        number = f"{self.occurrences} occurrence{'s' * (self.occurrences != 1)}"
        if self.low == self.high:
            return number
        return f"{number} ({self.low} to {self.high} with {100 * self.certainty:.0f} % certainty)"
