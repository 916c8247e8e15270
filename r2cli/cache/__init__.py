"""What was computed once per video and model, kept for the next query.

A folder per entry, named after everything that its content depends on: the video's own content above all, so that a
film may be renamed, moved or copied, and is read anew when a byte of it changes. Nothing in here is trusted: what does
not match its checksums is computed again.
"""

from __future__ import annotations

from r2cli.cache.contents import CachedVideo, CacheInfo, Freed, clear, discard, entries, info, prune
from r2cli.cache.entry import Entry
from r2cli.cache.files import digest_of, known_probe, remember_probe
from r2cli.cache.folders import limit, parse_size
from r2cli.cache.take import no_cache_note, taken

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
    "known_probe",
    "limit",
    "no_cache_note",
    "parse_size",
    "prune",
    "remember_probe",
    "taken",
]
