"""The model that `r2 find` takes: on this machine, or to be had from the hub."""

from __future__ import annotations

import os
from pathlib import Path

from r2cli.checkpoints.inventory import Item, all_items, needed
from r2cli.checkpoints.load import find_source
from r2cli.checkpoints.registry import CHECKPOINTS, trained_part
from r2cli.doctor.check import Check
from r2cli.errors import ModelUnavailableError
from r2cli.files import free_space, readable_size
from r2cli.hub import HubFile, endpoint
from r2cli.hub.fetch import SECONDS_TO_ANSWER
from r2cli.hub.room import hub_cache, require_room
from r2cli.paths import cache_dir, data_dir, models_dir
from r2cli.settings import value_of


def model_in_use() -> str:
    """The name or file that `r2 find` takes when nobody says `--model`.

    Raises:
        CommandLineError: The settings are broken.
    """
    return value_of("model")


def missing_items(model: str) -> tuple[Item, ...]:
    """What would have to be downloaded for it.

    Raises:
        ModelUnavailableError: There is no such model.
    """
    find_source(model)
    name = trained_part(model)
    return tuple(item for item in needed(name) if item.path is None) if name in CHECKPOINTS else ()


def check_models() -> Check:
    """What is on this machine, and what the model in use still lacks."""
    model, items = model_in_use(), all_items()
    missing = missing_items(model)
    here = [item for item in items if item.path is not None]
    lines = [f"{len(here)} of {len(items)} on this machine ({readable_size(sum(item.size for item in here))})"]
    facts = {"model": model, "here": [item.name for item in here], "missing": [item.name for item in missing]}
    if not missing:
        return Check("models", (*lines, f"r2 find takes {model}, which is here"), facts)
    size = sum(item.size for item in missing)
    lines.append(f"r2 find takes {model}, which is not here: {readable_size(size)} to download")
    pull = f"r2 models pull {model} ({readable_size(size)}), so that it need not be fetched in the middle of a search"
    if refusal := ask_hub(missing[0].file):
        fix = f"with a connection: r2 models pull {model}" + _or_built_in()
        return Check("models", (*lines, refusal), facts, "fault", fix, 4)
    try:
        require_room(size)
    except ModelUnavailableError as error:
        return Check("models", (*lines, error.message), facts, "fault", error.hint, error.exit_code)
    return Check("models", tuple(lines), facts, "note", pull)


def _or_built_in() -> str:
    built_in = [name for name, row in CHECKPOINTS.items() if not row.files]
    return f"; until then the built-in demonstration: --model {built_in[0]}" if built_in else ""


def check_hub() -> Check:
    """Whether models could be downloaded now."""
    file = next((item.file for item in all_items() if item.file is not None), None)
    refusal = ask_hub(file)
    facts = {"endpoint": endpoint(), "reachable": not refusal}
    if not refusal:
        return Check("hub", (f"{endpoint()} answers",), facts)
    return Check(
        "hub", (refusal,), facts, "note", "without a connection r2 uses the models that are here; nothing else stops"
    )


def ask_hub(file: HubFile | None) -> str:
    """Why a file could not be downloaded now; empty when it could."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if file is None:
        return ""
    host = endpoint().split("://")[-1]
    try:
        get_hf_file_metadata(
            hf_hub_url(file.repo, file.path, repo_type=file.kind, endpoint=endpoint()), timeout=SECONDS_TO_ANSWER
        )
    except OfflineModeIsEnabled:
        return "offline, as HF_HUB_OFFLINE asks"
    except HfHubHTTPError as error:
        status = "no proper answer" if error.response is None else f"HTTP {error.response.status_code}"
        return f"{host} does not deliver {file.file_name} ({status})"
    except Exception:  # noqa: BLE001 - whatever the client's HTTP library raises, and it differs between versions
        return f"{host} cannot be reached"
    return ""


def check_folders() -> Check:
    """Where things are kept: how much is there, how much is free, and whether r2 may write."""
    folders = {"downloads": hub_cache(), "models": models_dir(), "cache": cache_dir(), "data": data_dir()}
    lines, facts, locked = [], {}, []
    for name, folder in folders.items():
        used, free, may_write = folder_size(folder), free_space(folder), _may_write(folder)
        room = "" if free is None else f", {readable_size(free)} free"
        lines.append(f"{name}: {folder}, {readable_size(used)}{room}")
        facts[name] = {"path": str(folder), "size": used, "free": free, "writable": may_write}
        locked += [] if may_write else [str(folder)]
    if not locked:
        return Check("folders", tuple(lines), facts)
    fix = f"r2 may not write to {', '.join(locked)}: what is fetched or computed will not be kept there"
    return Check("folders", tuple(lines), facts, "note", fix)


def folder_size(folder: Path) -> int:
    """Bytes of everything in a folder; links do not count."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            try:
                total += 0 if path.is_symlink() else path.stat().st_size
            except OSError:  # gone in the meantime
                continue
    return total


def _may_write(folder: Path) -> bool:
    return os.access(_nearest(folder), os.W_OK)


def _nearest(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
