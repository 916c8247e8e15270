"""How torch's threads wait for each other; to be decided before torch is loaded."""

from __future__ import annotations

import os

_SPINS = "2000"
"""Rounds, some tens of microseconds: enough for the next small step of a query, too short to keep a decoder waiting."""


def share_cores() -> None:
    """Let threads that wait give their core to the decoder, unless the user has said how they are to wait.

    GNU's OpenMP, which torch uses on Linux, otherwise lets them spin: decoding and looking at pictures at the same time
    takes a third longer for it (`tests/bench/pipeline.py`, part `cold`).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
