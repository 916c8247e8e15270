"""Which precision a CLIP gets on the device where it is: the fastest whose tokens stay true, shown by trying it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.precision import LARGEST_ERROR, candidates, relative_error, require_precision

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """A precision, and why it was taken."""

    name: str
    """`fp32`, `bf16` or `fp16`."""
    why: str


def place(backbone: ClipBackbone, device: torch.device, wanted: str = "auto") -> None:
    """Move a backbone to a device, and settle its precision there.

    Args:
        backbone: Which.
        device: Where to compute.
        wanted: As for `settle_precision`.

    Raises:
        CommandLineError: There is no such precision.
    """
    backbone.move_to(device)
    settle = partial(settle_precision, backbone, wanted)
    if device.type == "cpu":  # trying would read the vision tower, which one who has only queries never needs
        backbone.towers.settle_later(settle)
    else:  # at once: only now it shows whether the device can be used at all
        settle()


def settle_precision(backbone: ClipBackbone, wanted: str = "auto") -> Choice:
    """Set a backbone's precision, and its `reason`.

    A precision that `auto` considers is tried on two drawn frames first: this model, on this device, must give nearly
    the tokens of float32. The frames are always the same, so the choice does not depend on the video.

    Args:
        backbone: In float32, where it is to compute.
        wanted: `auto`, or a precision that is taken unseen.

    Raises:
        CommandLineError: There is no such precision.
    """
    require_precision(wanted)
    choice = _take(backbone, wanted) if wanted != "auto" else _choose(backbone)
    backbone.towers.explain(choice.why)
    _LOG.debug("precision %s: %s", choice.name, choice.why)
    return choice


def _take(backbone: ClipBackbone, wanted: str) -> Choice:
    backbone.towers.set_precision(wanted)
    return Choice(wanted, "as asked for")


def _choose(backbone: ClipBackbone) -> Choice:
    worth_trying = candidates(backbone.device)
    if not worth_trying:
        return Choice("fp32", "this device is not faster in any other")
    frames, refused = trial_frames(backbone.size), ""
    exact = backbone.encode_frames(frames)
    for candidate in worth_trying:
        undo = backbone.towers.set_precision(candidate.name)
        error = relative_error(backbone.encode_frames(frames), exact)
        if error <= LARGEST_ERROR:
            return Choice(candidate.name, f"{candidate.why}, and {backbone.name} keeps its tokens to {error:.2%}")
        undo()
        refused = refused or f"in {candidate.name} the tokens of {backbone.name} would be {error:.1%} off"
    return Choice("fp32", refused)


def trial_frames(size: int) -> np.ndarray:
    """Two frames uint8 [2, 3, size, size]: coarse patches of colour, and the same under noise."""
    rng = np.random.default_rng(0)
    side = -(-size // 8)
    coarse = rng.integers(0, 256, (1, 3, 8, 8), dtype=np.uint8)
    patches = coarse.repeat(side, axis=2).repeat(side, axis=3)[:, :, :size, :size]
    noise = rng.integers(-60, 61, patches.shape)
    return np.concatenate([patches, np.clip(patches + noise, 0, 255).astype(np.uint8)])
