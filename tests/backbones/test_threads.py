"""torch takes no more threads than there are cores for it."""

from __future__ import annotations

import pytest
import torch

from r2cli.backbones import threads
from r2cli.backbones.threads import follow_cores


@pytest.mark.parametrize(("cores", "before", "after"), [(1, 2, 1), (4, 2, 2), (2, 2, 2)])
def test_threads_are_taken_away_and_never_added(monkeypatch, cores, before, after):
    found = torch.get_num_threads()
    monkeypatch.setattr(threads, "usable_cores", lambda: cores)
    try:
        torch.set_num_threads(before)

        assert follow_cores() == after == torch.get_num_threads()
    finally:
        torch.set_num_threads(found)
