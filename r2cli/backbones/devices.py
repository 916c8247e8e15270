"""Where the arithmetic is done."""

from __future__ import annotations

import torch

from r2cli.errors import CommandLineError

DEVICES = ("auto", "cuda", "mps", "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """Turn the word of `--device` into a device that exists.

    Args:
        name: `auto` (the first of CUDA, MPS and CPU that torch can use), `cuda`, `mps` or `cpu`.

    Raises:
        CommandLineError: The word is none of these, or this machine has no such device.
    """
    if name not in DEVICES:
        raise CommandLineError(f"unknown device {name!r}", f"choose one of: {', '.join(DEVICES)}")
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, usable in available.items() if usable))
    if not available[name]:
        raise CommandLineError(f"torch finds no {name.upper()} device on this machine", "use --device auto or cpu")
    return torch.device(name)
