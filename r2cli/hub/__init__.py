"""Files of the Hugging Face hub: found on disk or downloaded, and verified before their first use."""

from __future__ import annotations

from r2cli.hub.fetch import fetch, remove, verify
from r2cli.hub.file import Copy, HubFile, endpoint
from r2cli.hub.find import Found, find_cached, find_file

__all__ = [
    "Copy",
    "Found",
    "HubFile",
    "endpoint",
    "fetch",
    "find_cached",
    "find_file",
    "remove",
    "verify",
]
