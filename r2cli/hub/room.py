"""Where the hub's client keeps downloads, and whether they fit there."""

from __future__ import annotations

from pathlib import Path

from r2cli.errors import ModelUnavailableError
from r2cli.files import free_space, readable_size


def hub_cache() -> Path:
    """Where the hub's own client keeps downloads."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def require_room(size: int) -> None:
    """Refuse downloads that do not fit.

    Args:
        size: Bytes of all of them.

    Raises:
        ModelUnavailableError: The disk has less room.
    """
    free = free_space(hub_cache())
    if free is not None and free < size:
        raise ModelUnavailableError(
            f"no room on the disk: about {readable_size(size)} to download, {readable_size(free)} free in "
            f"{hub_cache()}",
            "make room, or set HF_HOME to a folder on a larger disk",
        )
