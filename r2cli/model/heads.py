"""What is read off the pyramid and the query.

Axes: B batch · T points of one level · L query tokens · D width.
"""

from __future__ import annotations

import math

from torch import Tensor, nn


class ConvHead(nn.Module):
    """Two convolutions over time, shared by all levels."""

    def __init__(self, dims: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Conv1d(dims, dims, 3, padding=1)
        self.output = nn.Conv1d(dims, outputs, 3, padding=1)

    def forward(self, level: Tensor) -> Tensor:
        """Read a level [B, T, D] -> [B, T, outputs]."""
        values: Tensor = self.output(self.hidden(level.transpose(1, 2)).relu())
        return values.transpose(1, 2)


class QueryPooling(nn.Module):
    """The query as one vector: a mean of its valid tokens with learned weights."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.score = nn.Linear(dims, 1, bias=False)

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        """Pool tokens.

        Args:
            tokens: [..., L, D].
            mask: [..., L], True where valid; None for everywhere.

        Returns:
            [..., D].
        """
        scores: Tensor = self.score(tokens)[..., 0]
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = scores.softmax(dim=-1)
        return (weights[..., None, :].to(tokens.dtype) @ tokens)[..., 0, :]  # [..., 1, L] @ [..., L, D] -> [..., D]
