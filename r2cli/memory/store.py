"""What is known of a video so far: its windows in the cache where there is one, in memory where there is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from r2cli import cache
from r2cli.memory.reader import EncodedWindow, Half, Start, Stretch
from r2cli.models.family import Memory
from r2cli.windows import Window


class Keeping:
    """Windows and embeddings of one video, those of earlier runs first.

    Args:
        entry: What the cache has, open to more; None: nothing is kept.
        keep: Whether windows are needed again after their first use.
        on_note: Told in one line when nothing can be kept any more.
    """

    def __init__(self, entry: cache.Entry | None, *, keep: bool, on_note: Callable[[str], None]) -> None:
        self.clips, self.black = (entry.clips, entry.black) if entry else (0, 0)
        self._sequential_from = entry.sequential_from if entry else None
        self.windows = [Window(slot.first, slot.stop) for slot in entry.slots] if entry else []
        self.is_complete = entry is not None and entry.is_complete
        self._entry, self._keep, self._on_note = entry, keep, on_note
        self._is_writing = entry is not None and not entry.is_complete
        self._held: dict[int, Memory] = {}  # what is not in the cache, by its place among the windows
        self._embeddings = [entry.embeddings] if entry and entry.clips else []

    @property
    def start(self) -> Start:
        """Where reading has to go on."""
        return Start(self.clips, self.black, self._sequential_from)

    @property
    def embeddings(self) -> Half:
        """CLIP's embedding of every clip, [T, E]."""
        return np.concatenate(self._embeddings)

    def take(self, stretch: Stretch) -> None:
        """Add what was read."""
        for encoded in stretch.windows:
            if not self._write(partial(_add_window, encoded=encoded)):
                self._held[len(self.windows)] = encoded.memory
            self.windows.append(encoded.window)
        if stretch.clips > self.clips:  # the windows of a film's end count when it is known to have ended
            self._write(
                lambda entry: entry.add_step(
                    stretch.clips, stretch.black, stretch.embeddings, sequential_from=stretch.sequential_from
                )
            )
        if len(stretch.embeddings):
            self._embeddings.append(stretch.embeddings)
        self.clips, self.black = stretch.clips, stretch.black

    def finish(self) -> None:
        """Nothing more will come."""
        self.is_complete = True
        if self._write(lambda entry: entry.finish()):
            self._is_writing = False
            if self._entry is not None:
                cache.prune(spare=self._entry.folder.name)

    def memory(self, first: int, count: int) -> Memory:
        """Neighbouring windows of equal length, the first of them by its place."""
        stored = len(self._entry.slots) if self._entry else 0
        in_cache = min(max(stored - first, 0), count)
        pieces = [self._entry.memory(first, in_cache)] if self._entry and in_cache else []
        return Memory.join([*pieces, *(self._recall(place) for place in range(first + in_cache, first + count))])

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs, here or in another process: all windows, and no file."""
        held = {place: self.memory(place, 1) for place in range(len(self.windows))}
        free = {"_entry": None, "_is_writing": False, "_keep": True, "_on_note": _say_nothing}
        return {**self.__dict__, **free, "_held": held}

    def forget(self) -> None:
        """Take back what is in the cache: it does not fit the video."""
        self._stop_writing()

    def _recall(self, place: int) -> Memory:
        return self._held[place] if self._keep else self._held.pop(place)

    def _write(self, change: Callable[[cache.Entry], None]) -> bool:
        """Write to the cache, and say whether that is done; once it fails, reading goes on without."""
        if self._entry is None or not self._is_writing:
            return False
        try:
            change(self._entry)
        except OSError as error:
            self._on_note(cache.no_cache_note(error))
            self._stop_writing()
            return False
        return True

    def _stop_writing(self) -> None:
        self._is_writing = False
        if self._entry is not None:
            self._entry.stop_writing()
            cache.discard(self._entry.folder)  # a full disk needs the room; what is open can still be read
            cache.prune()


def _say_nothing(line: str) -> None:
    del line


def _add_window(entry: cache.Entry, encoded: EncodedWindow) -> None:
    entry.add_window(encoded.window.first, encoded.window.stop, encoded.memory)
