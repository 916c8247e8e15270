"""All models in one list, checkpoints and CLIPs alike: what there is, and what of it is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from r2cli.backbones.spec import BACKBONES, BackboneSpec
from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS, DEFAULT, suggestion
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile, find_file


@dataclass(frozen=True)
class Item:
    """One model of the list, as it is now."""

    model: Checkpoint | BackboneSpec
    path: Path | None
    """Where it is on this machine; None: it must be downloaded."""
    size: int
    """Bytes; roughly, as long as it is not on this machine."""
    is_own: bool
    """The user put it into the models folder."""

    @property
    def name(self) -> str:
        """What users call it."""
        return self.model.name

    @property
    def task(self) -> str:
        """`moments`, `highlights`, or `clip` for a CLIP."""
        return self.model.task if isinstance(self.model, Checkpoint) else "clip"

    @property
    def file(self) -> HubFile | None:
        """Where it comes from; None: it is part of r2."""
        return self.model.source if isinstance(self.model.source, HubFile) else None

    @property
    def is_downloaded(self) -> bool:
        """Whether it came to this machine, and not with r2."""
        return self.file is not None and self.path is not None

    @property
    def is_default(self) -> bool:
        """Whether `r2 find` takes it when nobody says otherwise."""
        return self.name == DEFAULT

    @property
    def state(self) -> str:
        """`built in`, `own` (in the models folder), `yes` or `no`: whether it is on this machine."""
        if self.file is None:
            return "built in"
        if self.is_own:
            return "own"
        return "no" if self.path is None else "yes"


def all_items() -> tuple[Item, ...]:
    """Checkpoints first, the default at their head, then CLIPs."""
    return (*map(_look, CHECKPOINTS.values()), *map(_look, BACKBONES.values()))


def find_item(name: str) -> Item:
    """One model by its name.

    Raises:
        ModelUnavailableError: There is none; the message suggests the nearest name.
    """
    models: dict[str, Checkpoint | BackboneSpec] = {**CHECKPOINTS, **BACKBONES}
    if name not in models:
        raise ModelUnavailableError(f"no model named {name!r}", suggestion(name, models))
    return _look(models[name])


def needed(name: str) -> tuple[Item, ...]:
    """What `r2 find` would download for a model: the model itself and, for a checkpoint, its CLIP.

    Raises:
        ModelUnavailableError: There is no such model.
    """
    item = find_item(name)
    backbone = item.model.backbone.name if isinstance(item.model, Checkpoint) else ""
    return (item, find_item(backbone)) if backbone in BACKBONES else (item,)


def users_of(item: Item) -> tuple[Item, ...]:
    """The downloaded checkpoints that need a CLIP."""
    downloaded = (_look(row) for row in CHECKPOINTS.values() if row.backbone == item.model)
    return tuple(other for other in downloaded if other.is_downloaded)


def _look(model: Checkpoint | BackboneSpec) -> Item:
    if isinstance(model.source, HubFile):
        found = find_file(model.source)
        if found is None:
            return Item(model, None, model.source.size, is_own=False)
        return Item(model, found.path, found.size, is_own=found.is_own)
    if model.source is None:
        raise ValueError(f"{model.name} comes from nowhere")
    return Item(model, model.source, model.source.stat().st_size, is_own=False)
