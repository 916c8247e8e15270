"""The authors' names for the model's parameters, and ours: the only place where both are known."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from r2cli.errors import ModelUnavailableError
from r2cli.models.r2.config import R2Config

MODULES = {
    "adapter.video_map.0": "block.video_map.input_norm",
    "adapter.video_map.2": "block.video_map.input",
    "adapter.video_map.4": "block.video_map.output_norm",
    "adapter.video_map.6": "block.video_map.output",
    "adapter.query_map.0": "block.query_map.input_norm",
    "adapter.query_map.2": "block.query_map.input",
    "adapter.query_map.4": "block.query_map.output_norm",
    "adapter.query_map.6": "block.query_map.output",
    "adapter.q_map": "block.patch_attention.query",
    "adapter.v_map": "block.patch_attention.patch",
    "adapter.tem.cross_att.q": "block.temporal.query_attention.query",
    "adapter.tem.cross_att.k": "block.temporal.query_attention.key",
    "adapter.tem.cross_att.v": "block.temporal.query_attention.value",
    "adapter.tem.cross_att.m": "block.temporal.query_attention.output",
    "adapter.tem.cross_att_norm": "block.temporal.query_norm",
    "adapter.tem.self_att.q": "block.temporal.clip_attention.query",
    "adapter.tem.self_att.k": "block.temporal.clip_attention.key",
    "adapter.tem.self_att.v": "block.temporal.clip_attention.value",
    "adapter.tem.self_att.m": "block.temporal.clip_attention.output",
    "adapter.tem.self_att_norm": "block.temporal.clip_norm",
    "adapter.tem.ffn.mapping.0": "block.temporal.widen",
    "adapter.tem.ffn.mapping.2": "block.temporal.narrow",
    "adapter.tem.ffn_norm": "block.temporal.feedforward_norm",
    "pyramid.blocks.1.1": "pyramid.levels.1.0.conv",
    "pyramid.blocks.1.3": "pyramid.levels.1.0.norm",
    "pyramid.blocks.2.1": "pyramid.levels.2.0.conv",
    "pyramid.blocks.2.3": "pyramid.levels.2.0.norm",
    "pyramid.blocks.2.6": "pyramid.levels.2.1.conv",
    "pyramid.blocks.2.8": "pyramid.levels.2.1.norm",
    "pyramid.blocks.3.1": "pyramid.levels.3.0.conv",
    "pyramid.blocks.3.3": "pyramid.levels.3.0.norm",
    "pyramid.blocks.3.6": "pyramid.levels.3.1.conv",
    "pyramid.blocks.3.8": "pyramid.levels.3.1.norm",
    "pyramid.blocks.3.11": "pyramid.levels.3.2.conv",
    "pyramid.blocks.3.13": "pyramid.levels.3.2.norm",
    "pooling.att": "pooling.score",
    "class_head.module.1": "class_head.hidden",
    "class_head.module.3": "class_head.output",
    "coord_head.module.1": "coord_head.hidden",
    "coord_head.module.3": "coord_head.output",
}
"""Authors' module -> ours; `weight` and `bias` are called the same in both."""

PARAMETERS = {
    "adapter.gate": "block.gate",
    "adapter.scale": "block.scale",
    "coef": "reach",
}
"""Authors' parameter -> ours, where it hangs on no module of its own."""

IGNORED = frozenset({"loss._loss_sal.scale"})
"""In the authors' files, but no part of the model: a constant of their training loss."""


def our_name(authors_name: str) -> str:
    """Translate one key.

    Args:
        authors_name: As in the authors' files, `adapter.gate`.

    Returns:
        The same parameter's name in `R2`.

    Raises:
        KeyError: The authors have no such parameter.
    """
    if authors_name in PARAMETERS:
        return PARAMETERS[authors_name]
    module, _, leaf = authors_name.rpartition(".")
    return f"{MODULES[module]}.{leaf}"


def translate_state(authors_state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename all tensors of an authors' checkpoint.

    Args:
        authors_state: The `state_dict` inside an authors' file.

    Returns:
        The same tensors under our names, without what is no part of the model.

    Raises:
        ModelUnavailableError: A key is none of the authors'.
    """
    try:
        return {our_name(key): value for key, value in authors_state.items() if key not in IGNORED}
    except KeyError as error:
        raise ModelUnavailableError(
            f"this is not an R2-Tuning checkpoint: it holds an unknown tensor at {error.args[0]!r}",
            "use one of the files at huggingface.co/yeliudev/R2-Tuning",
        ) from error


def infer_config(authors_state: Mapping[str, Tensor], layers: int = 4) -> R2Config:
    """Read a model's shape off an authors' checkpoint.

    The authors' models come in two kinds: with a coordinate head, end points in the tokens and saliency merged with the
    cosine; or, for highlights only, with none of the three.

    Args:
        authors_state: The `state_dict` inside an authors' file.
        layers: How many layers of CLIP it must read.

    Returns:
        The configuration of the model that `translate_state` fits.

    Raises:
        ModelUnavailableError: It is no such checkpoint.
    """
    try:
        boundaries = "coord_head.module.1.weight" in authors_state
        dims, vision_inputs = authors_state["adapter.video_map.2.weight"].shape
        query_width = authors_state["adapter.query_map.2.weight"].shape[1]
        levels, found = len(authors_state["coef"]), len(authors_state["adapter.scale"])
        ratio = authors_state["adapter.tem.ffn.mapping.0.weight"].shape[0] // dims
        if found != layers:
            raise ModelUnavailableError(f"the checkpoint reads {found} layers of CLIP, not {layers}")
        return R2Config(
            vision_width=vision_inputs - (2 if boundaries else 0),
            query_width=query_width,
            dims=dims,
            layers=found,
            strides=tuple(2**level for level in range(levels)),
            tef=boundaries,
            boundaries=boundaries,
            merge=boundaries,
            ffn_ratio=ratio,
        )
    except (ArithmeticError, KeyError, ValueError, TypeError, IndexError) as error:
        raise ModelUnavailableError(
            "this is not an R2-Tuning checkpoint", "use one of the files at huggingface.co/yeliudev/R2-Tuning"
        ) from error
