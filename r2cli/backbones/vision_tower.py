"""The parts of a vision tower that compute in 16 bits."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from open_clip.transformer import QuickGELU, ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

_STEEPNESS = 1.702
"""Of CLIP's activation."""


class ShortBlock(nn.Module):
    """A residual block whose branches compute in 16 bits; what they add up to, and the norms, stay float32.

    CLIP's activation x·σ(1.702 x) is SiLU(1.702 x) / 1.702. The factors are part of the weights here, so that one pass
    over the widest tensor does what otherwise takes three.

    Axes: n frames · P tokens · D width · H heads.

    Args:
        block: The exact one, of open_clip's class. Its norms are used, its other weights copied.
        dtype: `torch.bfloat16` or `torch.float16`.
    """

    def __init__(self, block: ResidualAttentionBlock, dtype: torch.dtype) -> None:
        super().__init__()
        attention, (widen, activation, narrow) = block.attn, block.mlp
        is_quick = isinstance(activation, QuickGELU)
        factor = _STEEPNESS if is_quick else 1.0
        self.heads: int = attention.num_heads
        self.attention_norm: nn.Module = block.ln_1
        self.attention_scale: nn.Module = block.ls_1
        self.entry = _shorten_linear(attention.in_proj_weight, attention.in_proj_bias, dtype)
        self.output = _shorten_linear(attention.out_proj.weight, attention.out_proj.bias, dtype)
        self.widening_norm: nn.Module = block.ln_2
        self.widening_scale: nn.Module = block.ls_2
        self.widen = _shorten_linear(factor * widen.weight, factor * widen.bias, dtype)
        self.activation: nn.Module = nn.SiLU(inplace=True) if is_quick else activation
        self.narrow = _shorten_linear(narrow.weight / factor, narrow.bias, dtype)

    def forward(self, x: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        """What the block makes of float32 tokens [n, P, D]; open_clip names the mask, and has none for frames."""
        dtype = self.entry.weight.dtype
        x = x + self.attention_scale(self._attend(self.attention_norm(x).to(dtype), attn_mask))
        widened = self.activation(self.widen(self.widening_norm(x).to(dtype)))
        return x.add_(self.widening_scale(self.narrow(widened)))

    def recast(self, dtype: torch.dtype) -> ShortBlock:
        """A copy that computes in another precision, from the weights as they are."""
        copy = deepcopy(self)
        for linear in (copy.entry, copy.output, copy.widen, copy.narrow):
            linear.to(dtype)
        return copy

    def _attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        parts = self.entry(x).view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # [3, n, H, P, D/H]
        query, key, value = parts.unbind()
        mixed = functional.scaled_dot_product_attention(query, key, value, mask)
        attended: Tensor = self.output(mixed.transpose(1, 2).flatten(2))  # [n, H, P, D/H] -> [n, P, D]
        return attended


class ShortPatches(nn.Module):
    """The cut into patches, in 16 bits between float32 pixels and float32 tokens.

    Args:
        cut: The exact convolution.
        dtype: `torch.float16`; in bfloat16 the tokens would lose a third more than the blocks cost.
    """

    def __init__(self, cut: nn.Conv2d, dtype: torch.dtype) -> None:
        super().__init__()
        self.cut = deepcopy(cut).to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Cut normalised frames [n, 3, S, S] into a grid [n, D, G, G]."""
        grid: Tensor = self.cut(x.to(self.cut.weight.dtype))
        return grid.float()


def shorten(tower: VisionTransformer, dtype: torch.dtype) -> Callable[[], None]:
    """Let a vision tower compute in 16 bits what bears it.

    Returns:
        What undoes it exactly. Drop it to free the memory of the exact weights.
    """
    cut, blocks = tower.conv1, tower.transformer.resblocks
    exact = list(blocks)
    if dtype == torch.float16 and isinstance(cut, nn.Conv2d):
        tower.conv1 = ShortPatches(cut, dtype)
    for index, block in enumerate(exact):
        blocks[index] = block.recast(dtype) if isinstance(block, ShortBlock) else ShortBlock(block, dtype)

    def undo() -> None:
        tower.conv1 = cut
        for index, block in enumerate(exact):
            blocks[index] = block

    return undo


def lengthen(tower: VisionTransformer) -> None:
    """Let a vision tower compute in float32 again, with its weights as they are, rounded or not."""
    tower.float()
    if isinstance(tower.conv1, ShortPatches):
        tower.conv1 = tower.conv1.cut


def _shorten_linear(weight: Tensor, bias: Tensor, dtype: torch.dtype) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight = nn.Parameter(weight.to(dtype), requires_grad=False)
    linear.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
    return linear
