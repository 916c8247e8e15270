"""Whether a model and a CLIP belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from r2cli.errors import ModelUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from r2cli.backbones.clip import ClipBackbone
    from r2cli.models.family import Config


def require_fit(config: Config, backbone: ClipBackbone, path: Path) -> None:
    """See that a model can read what its CLIP gives.

    Args:
        config: The model's shape.
        backbone: The CLIP.
        path: The file of weights, for the message.

    Raises:
        ModelUnavailableError: It cannot.
    """
    given = {"vision": backbone.vision_width, "query": backbone.query_width, "embedding": backbone.embedding_width}
    for what, width in given.items():
        if getattr(config, f"{what}_width") not in (0, width):
            needed = getattr(config, f"{what}_width")
            raise ModelUnavailableError(
                f"{path} was made for another CLIP ({what} {needed} wide; that of {backbone.name} is {width})",
                "choose a checkpoint for this CLIP",
            )
    rows, words = backbone.clip.vocab_size, backbone.tokenizer.size
    if rows != words:
        raise ModelUnavailableError(
            f"{path}: 'vocabulary' makes no sense (the text tower of {backbone.name} has {rows} rows, not {words})",
            "keep the weights and their description together, as they were written",
        )
