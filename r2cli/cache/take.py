"""An entry found, waited for, or begun."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from r2cli.cache import contents, folders
from r2cli.cache.entry import Entry
from r2cli.cache.locks import lock_of, wait_for
from r2cli.cache.record import DamagedEntryError
from r2cli.cache.room import Room
from r2cli.models.family import Array

OnNote = Callable[[str], None]


def key_of(facts: Mapping[str, Any]) -> str:
    """The name of the entry that depends on these facts."""
    text = json.dumps(facts, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


@contextmanager
def taken(
    facts: Mapping[str, Any],
    arrays: tuple[Array, ...],
    label: Mapping[str, str],
    *,
    expected: int,
    is_sound: Callable[[Entry], bool],
    name: str,
    on_note: OnNote,
) -> Iterator[Entry | None]:
    """The entry of these facts: complete, or this process's to complete within the block.

    Another process that is at it is waited for. What is damaged is removed, and begun anew.

    Args:
        facts: All that the content depends on, as JSON gives it back.
        arrays: What each of its windows consists of.
        label: What else people may want to know of it.
        expected: Bytes that it will have, as far as that is known.
        is_sound: Whether the windows of an entry are those that it should have.
        name: What the video is called here, for notes.
        on_note: Told in one line when another process is waited for, and why there is no cache.

    Yields:
        The entry; None where nothing can be kept.
    """
    key = key_of(facts)
    folder = folders.entries_dir() / key
    entry = _open(folder, facts, arrays, is_sound)
    if entry is not None and entry.is_complete:
        entry.touch()
        yield entry
        return
    lock = None
    try:
        room = Room(key)
        room.require(expected)
        folders.make_folders()
        lock = lock_of(key)
        wait_for(lock, lambda: on_note(f"another r2 is reading {name}: waiting for it"))
        entry = _open(folder, facts, arrays, is_sound) or _begin(folder, facts, arrays, label)
        if not entry.is_complete:
            entry.resume(room.make)
    except OSError as error:
        on_note(no_cache_note(error))
        entry = None
    try:
        yield entry
    finally:
        if entry is not None:
            entry.stop_writing()
        if lock is not None and lock.is_locked:
            lock.release()


def no_cache_note(error: OSError) -> str:
    """Why what is computed cannot be kept."""
    reason = error.strerror or str(error)
    return f"nothing is kept for the next query: {folders.root()}: {reason[:1].lower()}{reason[1:]}"


def _open(
    folder: Path, facts: Mapping[str, Any], arrays: tuple[Array, ...], is_sound: Callable[[Entry], bool]
) -> Entry | None:
    try:
        entry = Entry(folder, facts, arrays)
    except (DamagedEntryError, OSError):
        return None
    return entry if is_sound(entry) else None


def _begin(folder: Path, facts: Mapping[str, Any], arrays: tuple[Array, ...], label: Mapping[str, str]) -> Entry:
    contents.discard(folder)
    return Entry(folder, facts, arrays, label=label)
