"""The weights of a run that did best so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Best:
    """What is kept of a run whose model is asked now and then how good it is.

    Attributes:
        step: After how many steps it was best; 0: nobody has asked yet.
        figures: By name, in percent; the first one decided.
    """

    def __init__(self) -> None:
        self.step = 0
        self.figures: dict[str, float] = {}
        self._weights: dict[str, Tensor] = {}

    def consider(self, step: int, figures: Mapping[str, float], model: nn.Module) -> bool:
        """Keep a model's weights if they are better than all before; whether they were."""
        score, known = next(iter(figures.values())), next(iter(self.figures.values()), -math.inf)
        if not score > known:
            return False
        self.step, self.figures = step, dict(figures)
        self._weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
        return True

    def give_to(self, model: nn.Module) -> None:
        """Give a model the best weights; if nobody has asked, it keeps its own."""
        if self.step:
            model.load_state_dict(self._weights)

    def state(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {"step": self.step, "figures": self.figures, "model": self._weights}

    def read(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave.

        Raises:
            KeyError: It is something else.
        """
        self.step, self.figures, self._weights = state["step"], state["figures"], state["model"]
