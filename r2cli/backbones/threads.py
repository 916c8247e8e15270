"""How many threads torch uses."""

from __future__ import annotations

import torch

from r2cli.process import usable_cores


def follow_cores() -> int:
    """Let torch use no more threads than there are cores for it; fewer, if the user has said so, stay fewer.

    Returns:
        How many threads torch uses now.
    """
    cores = usable_cores()
    if torch.get_num_threads() > cores:
        torch.set_num_threads(cores)
    return torch.get_num_threads()
