"""Tables of tensors: how they are read from files safely, and where the trained weights of a CLIP come from."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from open_clip import get_pretrained_cfg
from open_clip.constants import HF_SAFE_WEIGHTS_NAME
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from r2cli.backbones.spec import BackboneSpec
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile, fetch

_EXPECTED_CLIP = "expected the weights of a CLIP, as .safetensors or as a table of tensors saved by torch"
_NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size")
"""Three numbers that OpenAI's files carry among the weights."""


def hub_file(spec: BackboneSpec) -> HubFile:
    """Where open_clip keeps the weights of a model that it knows by name."""
    address = get_pretrained_cfg(spec.architecture, spec.pretrained).get("hf_hub", "")
    if not address:
        raise ValueError(f"open_clip has no weights {spec.pretrained!r} of {spec.architecture!r} on the hub")
    repo, _, name = address.rpartition("/")
    alias = f"{spec.architecture}-{spec.pretrained}.safetensors"
    return HubFile(repo, name or HF_SAFE_WEIGHTS_NAME, size=spec.download_size, alias=alias)


def read_clip_state(spec: BackboneSpec, *, on_note: Callable[[str], None], progress: bool) -> dict[str, Tensor]:
    """The weights that a spec points at, under open_clip's names.

    Raises:
        ModelUnavailableError: The file cannot be had, or holds no plain table of tensors.
    """
    path = spec.weights or fetch(hub_file(spec), on_note=on_note, progress=progress)
    state = read_tensors(path, _EXPECTED_CLIP)
    return {name: tensor for name, tensor in state.items() if name not in _NOT_WEIGHTS}


def read_tensors(path: Path, expected: str) -> dict[str, Tensor]:
    """Read a table of tensors, on the CPU; nothing in the file is ever executed.

    Args:
        path: A `.safetensors`, or what `torch.save` made of a table, bare or under `state_dict`.
        expected: For the message when it is something else.

    Raises:
        ModelUnavailableError: It cannot be read, is something else, or is a pickle that wants to run code.
    """
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _load_pickled(path)
    except OSError as error:
        raise ModelUnavailableError(f"cannot read {path} ({error.strerror or error})", expected) from error
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error):  # a class or function beyond those that tensors need
            raise ModelUnavailableError(f"{path} holds more than tensors, and r2 runs no code from files") from error
        raise ModelUnavailableError(f"{path} is not a checkpoint", expected) from error
    # what torch raises for bytes that are none of its own is not documented
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelUnavailableError(f"{path} is not a checkpoint, or a damaged one", expected) from error
    table = content.get("state_dict", content) if isinstance(content, dict) else {}
    if not table or not all(isinstance(tensor, Tensor) for tensor in table.values()):
        raise ModelUnavailableError(f"{path} is not a checkpoint (no table of tensors)", expected)
    return dict(table)


def _load_pickled(path: Path) -> Any:  # noqa: ANN401 - a file may hold anything
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch remarks on pickles of an unusual version before it refuses them
        return torch.load(path, map_location="cpu", weights_only=True)
