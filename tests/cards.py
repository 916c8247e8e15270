"""A graphics card that is not there: what is sent to it stays on the processor, and it fails when told to."""

from __future__ import annotations

from typing import Any

import torch

from r2cli.backbones.clip import ClipBackbone

OUT_OF_MEMORY = "CUDA out of memory. Tried to allocate 2.00 GiB"
NAME = "NVIDIA Pretend 1"


def plug_in_card(
    monkeypatch, *, holds: int = 1000, fault: str = OUT_OF_MEMORY, capability: tuple[int, int] = (6, 1)
) -> list[int]:
    """Let torch believe in a CUDA device that fails when more than so many frames come at once.

    Returns:
        How many frames the tower was given each time, on the card; filled as it runs.
    """
    really_to, really_look = torch.Tensor.to, ClipBackbone._layer_tokens
    seen: list[int] = []

    def to(self: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        args = tuple("cpu" if _is_card(word) else word for word in args)
        options = {name: "cpu" if _is_card(word) else word for name, word in options.items()}
        return really_to(self, *args, **options)

    def look(self: ClipBackbone, images: torch.Tensor) -> torch.Tensor:
        if self.device.type == "cuda":
            seen.append(len(images))
            if len(images) > holds:
                raise torch.cuda.OutOfMemoryError(fault) if "out of memory" in fault else RuntimeError(fault)
        return really_look(self, images)

    monkeypatch.setattr(torch.Tensor, "to", to)
    monkeypatch.setattr(ClipBackbone, "_layer_tokens", look)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: NAME)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    return seen


def _is_card(word: object) -> bool:
    return str(word).startswith("cuda")
