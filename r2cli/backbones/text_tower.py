"""The weights of a text tower, given back while no query needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from r2cli.backbones.weights import VISION

ReadAgain = Callable[[], Mapping[str, Tensor]]


class TextWeights:
    """The text half of a CLIP's weights, which lie mapped in a file as long as they are here.

    Args:
        clip: The model, on the processor.
        read_again: Reads the weights of the whole model from where they came; None: they stay.
    """

    def __init__(self, clip: nn.Module, read_again: ReadAgain | None = None) -> None:
        self._clip, self._read_again = clip, read_again
        self._are_here = True

    def let_go(self) -> None:
        """Give back their memory, if they can be had again."""
        if self._read_again is None or not self._are_here:
            return
        self._put({name: torch.empty_like(tensor, device="meta") for name, tensor in self._clip.state_dict().items()})
        self._are_here = False

    def require(self) -> None:
        """Have them here.

        Raises:
            ModelUnavailableError: Their file is gone, or another one by now.
        """
        if not self._are_here and self._read_again is not None:
            self._put({name: tensor.float() for name, tensor in self._read_again().items()})
            self._are_here = True

    def _put(self, state: Mapping[str, Tensor]) -> None:
        text = {name: tensor for name, tensor in state.items() if not name.startswith(VISION)}
        self._clip.load_state_dict(text, strict=False, assign=True)
