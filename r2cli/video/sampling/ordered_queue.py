"""A bounded belt between threads that make things and one that takes them, so that neither waits needlessly."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")

_PATIENCE = 0.5
"""Seconds: on Windows, Ctrl-C does not get through to a thread that waits without end."""


class BeltClosedError(Exception):
    """Nobody takes things from the belt any more."""


class Belt(Generic[Item]):
    """What numbered jobs make, taken in the order of the jobs, whatever the order in which they are done."""

    def __init__(self, limit: int) -> None:
        """Make a belt.

        Args:
            limit: Most things that lie on it; the job that is taken from may exceed it by one.
        """
        self._limit = limit
        self._changed = Condition()
        self._lying: dict[int, deque[Item]] = {}
        self._count = 0
        self._ended: dict[int, BaseException | None] = {}
        self._current = 0
        self._closed = False

    def put(self, job: int, item: Item) -> None:
        """Lay something on the belt, once there is room.

        Raises:
            BeltClosedError: The taker has gone.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(job))
            if self._closed:
                raise BeltClosedError
            self._lying.setdefault(job, deque()).append(item)
            self._count += 1
            self._changed.notify_all()

    def _has_room(self, job: int) -> bool:
        # The job that is being taken from is never held up by what later ones have made already.
        return self._count < self._limit or (job == self._current and not self._lying.get(job))

    def end(self, job: int, error: BaseException | None = None) -> None:
        """Say that a job is done; an error is raised at the taker, after what came before it."""
        with self._changed:
            self._ended[job] = error
            self._changed.notify_all()

    def take(self, jobs: int) -> Iterator[Item]:
        """Take everything that this many jobs make.

        Raises:
            BaseException: What a job failed with.
        """
        while self._current < jobs:
            with self._changed:
                while not self._changed.wait_for(self._can_take, _PATIENCE):
                    pass
                lying = self._lying.get(self._current)
                if lying:
                    item = lying.popleft()
                    self._count -= 1
                else:
                    item = None
                    self._lying.pop(self._current, None)
                    error = self._ended.pop(self._current)
                    self._current += 1
                self._changed.notify_all()
            if item is not None:
                yield item
            elif error is not None:
                raise error

    def _can_take(self) -> bool:
        return bool(self._lying.get(self._current)) or self._current in self._ended

    @property
    def is_closed(self) -> bool:
        """Whether makers may as well stop."""
        return self._closed

    def close(self) -> None:
        """Take nothing more: whoever waits to put something down is released."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
