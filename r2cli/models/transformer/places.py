"""Where in its window a clip is, in numbers that a model can read.

Axes: T clips · D width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def positions(clips: int, dims: int, device: torch.device) -> Tensor:
    """Sine and cosine of each clip's relative place in the window.

    Args:
        clips: T, padding included.
        dims: D.
        device: Where to make them.

    Returns:
        [T, D] float32; even channels hold sines, odd ones cosines.
    """
    place = torch.arange(1, clips + 1, dtype=torch.float32, device=device) / (clips + 1e-6) * (2 * math.pi)
    channel = torch.arange(dims, device=device)
    angle = place[:, None] / 10000 ** (2 * torch.div(channel, 2, rounding_mode="floor") / dims)
    return torch.where(channel % 2 == 0, angle.sin(), angle.cos())


def end_points(clips: int, like: Tensor) -> Tensor:
    """Where every clip begins and ends, as shares of the window: [T, 2], of the type of another tensor."""
    edges = torch.arange(clips + 1, dtype=like.dtype, device=like.device) / clips
    return torch.stack((edges[:-1], edges[1:]), dim=-1)
