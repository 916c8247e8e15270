"""The authors' names for the model's parameters, and ours: the only place where both are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from r2cli.errors import ModelUnavailableError
from r2cli.models.univtg.config import UniVTGConfig

MODULES = {
    "input_vid_proj.0.LayerNorm": "clip_map.input_norm",
    "input_vid_proj.0.net.1": "clip_map.input",
    "input_vid_proj.1.LayerNorm": "clip_map.output_norm",
    "input_vid_proj.1.net.1": "clip_map.output",
    "input_txt_proj.0.LayerNorm": "query_map.input_norm",
    "input_txt_proj.0.net.1": "query_map.input",
    "input_txt_proj.1.LayerNorm": "query_map.output_norm",
    "input_txt_proj.1.net.1": "query_map.output",
    "txt_position_embed.LayerNorm": "text_places.norm",
    "class_embed.layers.0": "class_head.first",
    "class_embed.layers.1": "class_head.second",
    "class_embed.layers.2": "class_head.output",
    "span_embed.layers.0": "span_head.first",
    "span_embed.layers.1": "span_head.second",
    "span_embed.layers.2": "span_head.output",
}
"""Authors' module -> ours; `weight` and `bias` are called the same in both."""
LAYER_MODULES = {
    "self_attn.out_proj": "output",
    "norm1": "attention_norm",
    "linear1": "widen",
    "linear2": "narrow",
    "norm2": "feedforward_norm",
}
"""The same inside a layer of the transformer."""
LAYER_PARAMETERS = {"self_attn.in_proj_weight": "entry.weight", "self_attn.in_proj_bias": "entry.bias"}
PARAMETERS = {
    "token_type_embeddings.weight": "kinds",
    "txt_position_embed.position_embeddings.weight": "text_places.table",
    "weightedpool.weight": "pooling.weight",
}
_LAYER = re.compile(r"transformer\.encoder\.layers\.(\d{1,3})\.(.+)")
_PARALLEL = "module."
"""What all names begin with in a file that several graphics cards wrote."""
_END_POINTS = 2
_EXPECTED = "expected the checkpoint of UniVTG that reads CLIP alone (results/omni/model_best.ckpt)"


def our_name(name: str) -> str:
    """Our name of a parameter; the authors' own, if they gave it one that nobody knows."""
    if name in PARAMETERS:
        return PARAMETERS[name]
    if layer := _LAYER.fullmatch(name):
        number, inner = layer.groups()
        module, _, leaf = inner.rpartition(".")
        return f"encoder.{number}.{LAYER_PARAMETERS.get(inner) or f'{LAYER_MODULES.get(module, module)}.{leaf}'}"
    module, _, leaf = name.rpartition(".")
    return f"{MODULES.get(module, module)}.{leaf}"


def translate_state(state: Mapping[str, Tensor], config: UniVTGConfig) -> dict[str, Tensor]:
    """The weights under our names; those of word positions only where they are used."""
    ours = {our_name(name.removeprefix(_PARALLEL)): tensor for name, tensor in state.items()}
    if "pooling.weight" in ours:
        ours["pooling.weight"] = ours["pooling.weight"].T
    return {name: tensor for name, tensor in ours.items() if config.text_positions or not name.startswith("text_")}


def infer_config(state: Mapping[str, Tensor], options: Mapping[str, Any]) -> UniVTGConfig:
    """The shape of the model that a file holds.

    Args:
        state: Its weights, under the authors' names.
        options: What the authors' program was told; how many heads there are shows nowhere else.

    Raises:
        ModelUnavailableError: It is no such model, or one of a kind that r2 does not know.
    """
    shapes = {name.removeprefix(_PARALLEL): tuple(tensor.shape) for name, tensor in state.items()}
    layers = [int(layer[1]) for layer in map(_LAYER.fullmatch, shapes) if layer]
    try:
        (kinds, dims), (clip_inputs,) = (
            shapes["token_type_embeddings.weight"],
            shapes["input_vid_proj.0.LayerNorm.weight"],
        )
        (query_inputs,) = shapes["input_txt_proj.0.LayerNorm.weight"]
        inner, _ = shapes["transformer.encoder.layers.0.linear1.weight"]
        places, _ = shapes["txt_position_embed.position_embeddings.weight"]
    except (KeyError, ValueError) as error:
        raise ModelUnavailableError("it holds no model of UniVTG", _EXPECTED) from error
    if kinds != len(("words", "clips")) or options.get("pre_norm"):
        raise ModelUnavailableError("it holds a kind of UniVTG that r2 does not know", _EXPECTED)
    if clip_inputs > query_inputs + _END_POINTS:
        raise ModelUnavailableError(
            f"it reads {clip_inputs} numbers of each clip: it needs SlowFast's features besides CLIP's", _EXPECTED
        )
    try:
        return UniVTGConfig(
            embedding_width=clip_inputs - _END_POINTS,
            query_width=query_inputs,
            dims=dims,
            heads=options.get("nheads", 8),
            depth=max(layers) + 1,
            inner=inner,
            text_positions=places if options.get("use_txt_pos") else 0,
        )
    except ValueError as error:
        raise ModelUnavailableError(f"it describes a model that r2 cannot build ({error})", _EXPECTED) from error
