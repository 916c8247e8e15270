"""What was computed once per video and model, kept for the next query.

A folder per entry, named after everything that its content depends on: the video's own content above all, so that a
film may be renamed, moved or copied, and is read anew when a byte of it changes. Nothing in here is trusted: what does
not match its checksums is computed again.
"""

from __future__ import annotations

from r2cli.cache.entry import Entry
from r2cli.cache.files import digest_of, known_video, remember_video
from r2cli.cache.place import limit, parse_size
from r2cli.cache.shelf import no_cache_note, taken
from r2cli.cache.upkeep import CachedVideo, CacheInfo, Freed, clear, discard, entries, info, prune

__all__ = [
    "CacheInfo",
    "CachedVideo",
    "Entry",
    "Freed",
    "clear",
    "digest_of",
    "discard",
    "entries",
    "info",
    "known_video",
    "limit",
    "no_cache_note",
    "parse_size",
    "prune",
    "remember_video",
    "taken",
]
