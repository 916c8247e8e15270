"""Where the weights of a CLIP's two towers lie: on which device, how finely, and whether in memory at all."""

from __future__ import annotations

from collections.abc import Callable

import open_clip
import torch

from r2cli.backbones.precision import TYPES
from r2cli.backbones.text_tower import ReadAgain, TextWeights
from r2cli.backbones.vision_tower import lengthen, shorten


class Towers:
    """Both towers of one CLIP, frozen, on one device.

    Args:
        clip: The model, in open_clip's class, in memory or mapped from a file.
        device: Where to compute.
        read_again: Reads all weights once more without taking memory itself, so that those of the text tower can be
            given back meanwhile; None: they stay.
    """

    def __init__(self, clip: open_clip.CLIP, device: torch.device, read_again: ReadAgain | None = None) -> None:
        self.device = device
        self.clip = clip.to(device=device, dtype=torch.float32).eval().requires_grad_(False)
        self._text = TextWeights(self.clip, read_again)
        self._precision, self._reason = "fp32", ""
        self._postponed: Callable[[], object] | None = None

    @property
    def precision(self) -> str:
        """How finely frames are looked at: `fp32`, `bf16` or `fp16`."""
        self.settle()
        return self._precision

    @property
    def reason(self) -> str:
        """Why it has this precision, for people."""
        self.settle()
        return self._reason

    def settle(self) -> None:
        """Decide the precision now, if that was put off."""
        settle, self._postponed = self._postponed, None
        if settle is not None:
            settle()

    def settle_later(self, settle: Callable[[], object]) -> None:
        """Let something that decides the precision happen only when the first frame comes, or someone asks for it.

        On the processor the weights of a file are read where they are used, so one who has only queries to read never
        waits for the vision tower.
        """
        self._postponed = settle

    def explain(self, reason: str) -> None:
        """Remember, for people, why it has this precision; on a processor, let go of the exact weights it left."""
        self._reason = reason
        if self._precision != "fp32" and self.device.type == "cpu":
            self._let_go_of_file()

    def set_precision(self, name: str) -> Callable[[], None]:
        """Look at frames in `fp32`, `bf16` or `fp16`; tokens, and the reading of queries, are float32 in any case.

        Returns:
            What goes back to float32 exactly; otherwise the weights stay as rounded as they are made now.
        """
        self._postponed = None
        tower = self.clip.visual
        lengthen(tower)
        restore = shorten(tower, TYPES[name]) if name != "fp32" else lambda: None
        self._precision = name

        def undo() -> None:
            restore()
            self._precision = "fp32"

        return undo

    def move_to(self, device: torch.device) -> None:
        """Compute elsewhere from now on, in float32."""
        self._text.require()
        self.clip = self.clip.to(device)
        self.device = device
        self.set_precision("fp32")  # last: where memory is short, there is none for longer weights

    def require_text(self) -> None:
        """Have the text tower's weights here.

        Raises:
            ModelUnavailableError: Their file is gone, or another one by now.
        """
        self._text.require()

    def let_go_of_text(self) -> None:
        """Give back the memory of the text tower, where its weights are mapped; the next query maps them again."""
        if self.device.type == "cpu":
            self._text.let_go()

    def _let_go_of_file(self) -> None:
        """Copy what is still float32 of the vision tower: then nothing holds the file's exact weights in memory."""
        for parameter in self.clip.visual.parameters():
            if parameter.dtype == torch.float32:
                parameter.data = parameter.data.clone()
