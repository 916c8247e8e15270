"""Tables of tensors: how they are read from files safely, and where the trained weights of a CLIP come from."""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from r2cli.backbones.spec import BACKBONES, BackboneSpec
from r2cli.errors import ModelUnavailableError
from r2cli.files import file_digest
from r2cli.hub import fetch

_EXPECTED_CLIP = "expected the weights of a CLIP, as .safetensors or as a table of tensors saved by torch"
_CLIP = "clip."
"""What the names of CLIP's tensors begin with in a file of ours that holds an R² model too."""
VISION = "visual."
"""What the names of its vision tower's begin with."""
_NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size")
"""Three numbers that OpenAI's files carry among the weights."""


def find_clip_weights(spec: BackboneSpec, *, on_note: Callable[[str], None], progress: bool) -> Path:
    """The file of weights that a spec points at, fetched if need be.

    Raises:
        ModelUnavailableError: It cannot be had.
    """
    path = spec.weights
    if path is None and spec.source is not None:
        path = fetch(spec.source, on_note=on_note, progress=progress)
    if path is None:
        raise ModelUnavailableError(f"nothing says where the weights of {spec.name} are", _EXPECTED_CLIP)
    return path


def read_clip_state(path: Path) -> dict[str, Tensor]:
    """The weights of a CLIP in a file, under open_clip's names.

    Raises:
        ModelUnavailableError: The file holds no weights.
    """
    if not os.path.isfile(path):  # unlike Path.is_file, it takes any name; a pipe would be waited for
        raise ModelUnavailableError(f"cannot read {path} (there is no such file)", _EXPECTED_CLIP)
    state = _read_original(path) if _is_torchscript(path) else read_tensors(path, _EXPECTED_CLIP)
    if inside := {name.removeprefix(_CLIP): tensor for name, tensor in state.items() if name.startswith(_CLIP)}:
        state = inside  # a checkpoint of ours, of which another one needs only the CLIP
    return {name: tensor for name, tensor in state.items() if name not in _NOT_WEIGHTS}


@dataclass(frozen=True)
class Table:
    """What a file of weights holds."""

    tensors: dict[str, Tensor]
    options: dict[str, Any]
    """What the program that made it was told: words and numbers; empty where it does not say."""


def read_tensors(path: Path, expected: str) -> dict[str, Tensor]:
    """The tensors of `read_table`."""
    return read_table(path, expected).tensors


def read_table(path: Path, expected: str) -> Table:
    """Read a table of tensors, on the CPU; nothing in the file is ever executed.

    Args:
        path: A `.safetensors`, or what `torch.save` made of a table, bare or under `state_dict` or `model`, the latter
            perhaps with options under `opt`.
        expected: For the message when it is something else.

    Raises:
        ModelUnavailableError: It cannot be read, is something else, or is a pickle that wants to run code.
    """
    try:
        content = _map_tensors(path) if path.suffix == ".safetensors" else _load_pickled(path)
    except OSError as error:
        raise ModelUnavailableError(f"cannot read {path} ({error.strerror or error})", expected) from error
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error):  # a class or function beyond those that tensors need
            raise ModelUnavailableError(f"{path} holds more than tensors, and r2 runs no code from files") from error
        raise ModelUnavailableError(f"{path} is not a checkpoint", expected) from error
    # what torch raises for bytes that are none of its own is not documented
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelUnavailableError(f"{path} is not a checkpoint, or a damaged one", expected) from error
    table, options = _parts(content)
    if not isinstance(table, dict) or not table or not all(map(_is_weight, table, table.values())):
        raise ModelUnavailableError(f"{path} is not a checkpoint (no table of tensors)", expected)
    return Table(dict(table), options)


def _parts(content: object) -> tuple[object, dict[str, Any]]:
    """What may be the table of tensors in a file, and the options beside it that are words or numbers."""
    if not isinstance(content, dict):
        return {}, {}
    told = content.get("opt")
    options = vars(told) if isinstance(told, Namespace) else {}
    plain = {name: value for name, value in options.items() if isinstance(value, (bool, int, float, str))}
    nested = next((content[key] for key in ("state_dict", "model") if isinstance(content.get(key), dict)), content)
    return nested, plain


def _is_weight(name: object, tensor: object) -> bool:
    """Whether it is a tensor under a name, and all of its numbers are there: a few can be said to stand for many."""
    if not isinstance(name, str) or not isinstance(tensor, Tensor) or tensor.is_meta:
        return False
    is_plain = tensor.layout == torch.strided
    return not is_plain or tensor.untyped_storage().nbytes() >= tensor.numel() * tensor.element_size()


def difference(model: nn.Module, state: Mapping[str, Tensor]) -> str:
    """The first way in which tensors are not the weights of a model, in words; empty: they are."""
    expected = model.state_dict()
    for name, tensor in expected.items():
        if name not in state:
            return f"{name} is missing"
        given = state[name]
        if given.shape != tensor.shape:
            return f"{name} is {list(given.shape)}, not {list(tensor.shape)}"
        if given.layout != torch.strided or not given.is_floating_point():
            return f"{name} is no table of numbers with fractions"
    return next((f"{name} is left over" for name in state if name not in expected), "")


def _map_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, read where they are used.

    A mapping lasts as long as one of its tensors. The vision tower's have one of their own, so that it can be given
    back when they have been made shorter.
    """
    content = {}
    for for_vision in (True, False):
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.removeprefix(_CLIP).startswith(VISION) is for_vision]  # noqa: SIM118 - it is no dict
            content.update({name: file.get_tensor(name) for name in names})
    return content


def _is_torchscript(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _read_original(path: Path) -> dict[str, Tensor]:
    """The weights inside a file of OpenAI's, which is a program: only one whose digest they published is opened."""
    published = {copy.sha256 for spec in BACKBONES.values() if spec.source for copy in spec.source.originals}
    if file_digest(path) not in published:
        raise ModelUnavailableError(
            f"{path} holds a program, and none of those that OpenAI published: r2 runs no code from files",
            _EXPECTED_CLIP,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls the format old
        program = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    return dict(program.state_dict())


def _load_pickled(path: Path) -> Any:  # noqa: ANN401 - a file may hold anything
    _require_uncompressed(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch remarks on pickles of an unusual version before it refuses them
        with torch.serialization.safe_globals([Namespace]):  # a bag of names: it runs nothing
            return torch.load(path, map_location="cpu", weights_only=True)


def _require_uncompressed(path: Path) -> None:
    """See that a file holds no more than its size: torch compresses nothing, and would unpack whatever there is.

    Raises:
        ValueError: It claims more.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ValueError("a damaged archive") from error
    if claimed > path.stat().st_size:
        raise ValueError("it claims to hold more than its size")
