"""A window that slides over an endless sequence: what took long to make serves many steps before it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Renewal:
    """How a pool fills, and how fast the old gives way to the new."""

    first: int
    """Items that are there at step 0."""
    growth: float
    """New items per step until it is full."""
    size: int
    """Items that it holds."""
    upkeep: float
    """New items per step from then on; each takes the place of the oldest."""

    def numbers_at(self, step: int) -> range:
        """The numbers of the items that are there at a step."""
        full = max(0.0, (self.size - self.first) / self.growth)
        made = int(self.first + min(step, full) * self.growth + max(0.0, step - full) * self.upkeep)
        return range(max(0, made - self.size), made)


class Pool(Generic[T]):
    """The items of an endless sequence that are in use.

    What is in it at a step depends on the step alone, so a run that goes on finds what it would have had.

    Args:
        items: Makes the items from a number on; the same number is always the same item.
        renewal: Which of them are there when.
    """

    def __init__(self, items: Callable[[int], Iterator[T]], renewal: Renewal) -> None:
        self._items, self._renewal = items, renewal
        self._first = 0
        self._held: deque[T] = deque()
        self._source: Iterator[T] | None = None

    def at(self, step: int) -> Sequence[T]:
        """What is there at a step; steps are asked for in order, from any on."""
        numbers = self._renewal.numbers_at(step)
        if self._source is None:
            self._source, self._first = self._items(numbers.start), numbers.start
        while self._first + len(self._held) < numbers.stop:
            self._held.append(next(self._source))
        while self._first < numbers.start:
            self._held.popleft()
            self._first += 1
        return self._held
