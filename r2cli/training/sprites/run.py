"""Trains the built-in checkpoints: ``sprites`` from nothing, and ``sprites-highlights`` on its frozen CLIP.

    pip install -e '.[train]'
    python -m r2cli.training.sprites.run --work runs/sprites
    python -m r2cli.training.sprites.run sprites-highlights --work runs/sprites

Stopped at any time, the same command goes on where it was. npm must be installed, for the art.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from r2cli.backbones.build import backbone_from_state
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BackboneSpec
from r2cli.checkpoints.load import open_checkpoint
from r2cli.models.r2 import R2
from r2cli.training.loop import OnReport
from r2cli.training.resume import write_weights
from r2cli.training.sprites import highlights
from r2cli.training.sprites.clip import ClipSettings, clip_config, train_clip, vocabulary
from r2cli.training.sprites.fetch import fetch_art
from r2cli.training.sprites.films import CLIPS_PER_SECOND, LENGTH
from r2cli.training.sprites.r2 import R2Settings, train_r2

NAME = "sprites"
BACKBONE = "clip-sprites"
SIMILARITY_WEIGHT, SIMILARITY_LEVEL = 8.0, 0.35
"""The level is set on films in the styles of training: there a score of 0.5 balances missed and invented answers."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run every stage that is not done yet; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m r2cli.training.sprites.run", description="Train one of the built-in checkpoints."
    )
    parser.add_argument("checkpoint", nargs="?", choices=(NAME, highlights.NAME), default=NAME)
    parser.add_argument("--work", type=Path, required=True, help="folder for the art and the state of the run")
    parser.add_argument("--out", type=Path, help="folder for the finished checkpoint (the default: WORK)")
    parser.add_argument("--clip-steps", type=int, default=ClipSettings.steps)
    parser.add_argument("--r2-steps", type=int, default=R2Settings.steps)
    parser.add_argument("--highlight-steps", type=int, default=highlights.HighlightSettings.steps)
    parser.add_argument("--min-score", type=float, help="threshold to write into the card")
    options = parser.parse_args(argv)
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:7.0f}s  {line}\n")
        sys.stderr.flush()

    fetch_art(options.work / "art")
    (_make_moments if options.checkpoint == NAME else _make_highlights)(options, report)


def _make_moments(options: argparse.Namespace, report: OnReport) -> None:
    art = options.work / "art"
    state = train_clip(art, options.work, replace(ClipSettings(), steps=options.clip_steps), report)
    model = train_r2(art, options.work, make_backbone(state), replace(R2Settings(), steps=options.r2_steps), report)
    write_checkpoint(options.out or options.work, state, model, 0.5 if options.min_score is None else options.min_score)


def _make_highlights(options: argparse.Namespace, report: OnReport) -> None:
    backbone = open_checkpoint(NAME, device="cpu", precision="fp32").backbone
    settings = replace(highlights.HighlightSettings(), steps=options.highlight_steps)
    model = highlights.train_highlights(options.work / "art", options.work, backbone, settings, report)
    min_score = 0.3 if options.min_score is None else options.min_score
    highlights.write_checkpoint(options.out or options.work, model, min_score)


def make_backbone(state: dict[str, Tensor]) -> ClipBackbone:
    """The tiny CLIP of stage one, as every other part of r2 uses it, rounded as the checkpoint will be."""
    spec = BackboneSpec(BACKBONE, config=clip_config(), vocabulary=vocabulary())
    return backbone_from_state(spec, {k: v.half().float() for k, v in state.items()}, device=torch.device("cpu"))


def write_checkpoint(folder: Path, clip: dict[str, Tensor], model: R2, min_score: float) -> Path:
    """Write ``sprites.safetensors`` (fp16) and its card ``sprites.json``.

    Returns:
        The path of the weights.
    """
    tensors = {f"clip.{name}": tensor for name, tensor in clip.items()}
    tensors |= {f"r2.{name}": tensor for name, tensor in model.state_dict().items()}
    card = {
        "task": "moments",
        "summary": "things and deeds in the built-in demonstration's cartoon world, and nothing else",
        "backbone": BACKBONE,
        "licence": "BSD-3-Clause",
        "clips_per_second": CLIPS_PER_SECOND,
        "window": LENGTH,
        "suppression": "normal",
        "min_score": min_score,
        "similarity_weight": SIMILARITY_WEIGHT,
        "similarity_level": SIMILARITY_LEVEL,
        "clip": clip_config(),
        "vocabulary": vocabulary(),
        "r2": asdict(model.config),
    }
    return write_weights(folder / f"{NAME}.safetensors", tensors, card)


if __name__ == "__main__":
    main()
