"""What is kept of one video for one model: windows in one file, and a journal that says which of them are whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from r2cli.cache.journal import Record, read_records, write_record
from r2cli.cache.layout import Layout, checksum, map_bytes
from r2cli.cache.record import DamagedEntryError, Half, Slot, slot_of, step_of
from r2cli.files import open_file
from r2cli.models.family import Array, Memory
from r2cli.writing import sync_folder

JOURNAL, WINDOWS = "journal", "windows"
_SYNCED_EVERY = 64 << 20
"""Bytes of windows; what was computed since is all that a power cut takes. Of a film that is complete it takes nothing.

The journal need not wait for each window: it names its checksum, and a line without its window ends what is believed.
"""
_RECORD = 512
"""Bytes, at most, of a record without its payload, the first one's aside."""


class Entry:
    """An entry that is open: read at once, verified, and open to more windows as long as it is not complete.

    Args:
        folder: Its own.
        facts: All that its content depends on.
        arrays: What each of its windows consists of.
        label: To begin it: what else people may want to know of it.

    Raises:
        DamagedEntryError: It holds something else, or not what was written.
        OSError: It cannot be read or made.
    """

    def __init__(
        self,
        folder: Path,
        facts: Mapping[str, Any],
        arrays: tuple[Array, ...],
        *,
        label: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.facts = facts
        self._arrays = arrays
        self.slots: list[Slot] = []
        self.clips = 0
        self.black = 0
        """Clips before the first picture that is not black."""
        self.sequential_from: int | None = None
        """The clip from which on the video had to be decoded from end to end."""
        self.is_complete = False
        self._embeddings: list[Half] = []
        self._journal: BinaryIO | None = None
        self._unsynced = 0
        """Bytes of windows."""
        if label is not None:
            self._create(label)
        self._windows: BinaryIO = open_file(folder / WINDOWS)
        try:
            self._end = self._read_journal()
        except (DamagedEntryError, OSError):
            self._windows.close()
            raise

    @property
    def embeddings(self) -> Half:
        """CLIP's embedding of every clip, [T, E]."""
        return np.concatenate(self._embeddings) if self._embeddings else np.zeros((0, 0), dtype=np.float16)

    def memory(self, first: int, count: int) -> Memory:
        """Neighbouring windows of equal length, mapped from the file."""
        slots = self.slots[first : first + count]
        layout = self._layout(slots[0])
        content = map_bytes(self._windows, slots[0].offset, layout.size * count)
        return layout.unpack(content.reshape(count, layout.size))

    def add_window(self, first: int, stop: int, memory: Memory) -> None:
        """Append one window; it counts from the next `add_step` or from `finish` on.

        Raises:
            OSError: It cannot be written, or there is no room for it.
        """
        slot = Slot(first, stop, self._next_offset(), 0)
        content = self._layout(slot).pack(memory)
        slot = Slot(first, stop, slot.offset, checksum(content))
        self._require_room(content.nbytes)
        with open_file(self.folder / WINDOWS, to_write=True) as stream:
            stream.seek(slot.offset)
            stream.write(content.data)
        self._unsynced += content.nbytes
        self._write_record({"window": [first, stop, slot.checksum]})
        self.slots.append(slot)

    def add_step(self, clips: int, black: int, embeddings: Half, *, sequential_from: int | None = None) -> None:
        """Say that everything up to a clip is there: the windows that end before it, and these embeddings.

        Raises:
            OSError: It cannot be written, or there is no room for it.
        """
        facts = {"clips": clips, "black": black, "width": embeddings.shape[1], "sequential_from": sequential_from}
        self._write_record(facts, embeddings.tobytes())
        if self._unsynced >= _SYNCED_EVERY:
            self._sync()
        self.clips, self.black, self.sequential_from = clips, black, sequential_from
        if len(embeddings):
            self._embeddings.append(embeddings)

    def finish(self) -> None:
        """Say that this is all of the video, windows since the last step included; a power cut takes none of it then.

        Raises:
            OSError: It cannot be written, or there is no room for it.
        """
        self._write_record({"complete": True})
        self._sync()
        self.is_complete = True
        self.stop_writing()

    def resume(self, make_room: Callable[[int], None] = lambda size: None) -> None:
        """Go on writing after the last step that is whole.

        Args:
            make_room: Told how many bytes the entry is about to have; raises an OSError if it may not.

        Raises:
            OSError: Nothing can be written here.
        """
        with open_file(self.folder / WINDOWS, to_write=True) as windows:
            windows.truncate(self._next_offset())
        journal = open_file(self.folder / JOURNAL, to_write=True)
        journal.truncate(self._end)
        journal.seek(self._end)
        self._journal, self._make_room = journal, make_room

    def stop_writing(self) -> None:
        """Leave the entry as it is; its windows can still be read."""
        if self._journal is not None:
            with suppress(OSError):  # of a full disk, which has been said
                self._journal.close()
            self._journal = None

    def touch(self) -> None:
        """Note that it was used; where that cannot be noted it does not matter."""
        try:
            os.utime(self.folder / JOURNAL)
        except OSError:
            return

    def _create(self, label: Mapping[str, str]) -> None:
        self.folder.mkdir(mode=0o700)
        (self.folder / WINDOWS).touch()
        with (self.folder / JOURNAL).open("xb") as journal:
            write_record(journal, {"facts": self.facts, "label": label})

    def _require_room(self, more: int) -> None:
        assert self._journal is not None
        self._make_room(self._next_offset() + self._journal.tell() + more + _RECORD)

    def _write_record(self, facts: Mapping[str, Any], payload: bytes = b"") -> None:
        assert self._journal is not None
        self._require_room(len(payload))
        write_record(self._journal, facts, payload)

    def _sync(self) -> None:
        """Have all that was written outlast a power cut: the windows before the journal that names them."""
        assert self._journal is not None
        with open_file(self.folder / WINDOWS, to_write=True) as windows:
            os.fsync(windows.fileno())
        os.fsync(self._journal.fileno())
        for folder in (self.folder, self.folder.parent):
            sync_folder(folder)
        self._unsynced = 0

    def _read_journal(self) -> int:
        """Take in the records up to the last step that is whole, windows included, and say where it ends."""
        end = 0
        waiting: list[Slot] = []
        with open_file(self.folder / JOURNAL) as stream:
            for record in read_records(stream):
                if end == 0:
                    self._require_facts(record)
                elif "window" in record.facts:
                    waiting.append(self._slot_of(record, waiting))
                    continue
                elif not all(map(self._is_whole, waiting)):
                    break  # the disk has its line, and not yet the window: as if the journal ended here
                elif "clips" in record.facts:
                    self._take_step(record)
                    self.slots += waiting
                    waiting = []
                elif record.facts == {"complete": True}:
                    self.slots += waiting
                    self._finish_reading(stream, record.end)
                else:
                    raise DamagedEntryError("an unknown record")
                end = record.end
        if end == 0:
            raise DamagedEntryError("no journal")
        return end

    def _finish_reading(self, journal: BinaryIO, end: int) -> None:
        """Take the entry for complete, if there is nothing in it besides."""
        sizes = (os.fstat(stream.fileno()).st_size for stream in (self._windows, journal))
        if tuple(sizes) != (self._next_offset(), end):
            raise DamagedEntryError("larger than it should be")
        self.is_complete = True

    def _require_facts(self, record: Record) -> None:
        if record.facts.get("facts") != self.facts:
            raise DamagedEntryError("written for something else")

    def _slot_of(self, record: Record, waiting: list[Slot]) -> Slot:
        return slot_of(record, self._next_offset(waiting), self.facts["window_clips"])

    def _take_step(self, record: Record) -> None:
        step = step_of(record, self.clips)
        if len(step.embeddings):
            self._embeddings.append(step.embeddings)
        if len({part.shape[1] for part in self._embeddings}) > 1:
            raise DamagedEntryError("embeddings of another shape")
        self.clips, self.black, self.sequential_from = step.clips, step.black, step.sequential_from

    def _is_whole(self, slot: Slot) -> bool:
        layout = self._layout(slot)
        try:
            content = map_bytes(self._windows, slot.offset, layout.size)
        except ValueError:
            return False
        if checksum(content) != slot.checksum:
            return False
        if not layout.is_finite(content):
            raise DamagedEntryError("a window that nobody wrote")
        return True

    def _layout(self, slot: Slot) -> Layout:
        return Layout(self._arrays, slot.stop - slot.first)

    def _next_offset(self, waiting: list[Slot] | None = None) -> int:
        last = (waiting or self.slots)[-1:]
        return last[0].offset + self._layout(last[0]).size if last else 0
