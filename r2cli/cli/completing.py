"""What a shell completes by itself when Tab is pressed: values that only r2 knows."""

from __future__ import annotations


def complete_models(incomplete: str) -> list[str]:
    """Names of models for moments and for highlights; files are the shell's business."""
    from r2cli.checkpoints.registry import CHECKPOINTS

    return [name for name in CHECKPOINTS if name.startswith(incomplete)]


def complete_items(incomplete: str) -> list[str]:
    """Names of all that can be downloaded and verified, as `r2 models` shows them."""
    from r2cli.checkpoints.inventory import all_items

    return [item.name for item in all_items() if item.name.startswith(incomplete)]


def complete_domains(incomplete: str) -> list[str]:
    """What a video can be said to show."""
    from r2cli.checkpoints.domains import DOMAINS

    names = ("auto", "none", *(domain.checkpoint for domain in DOMAINS))
    return [name for name in names if name.startswith(incomplete)]


def complete_accelerators(incomplete: str) -> list[str]:
    """What can decode besides the processor, by FFmpeg's names."""
    names = ("none", "auto", "cuda", "vaapi", "videotoolbox", "qsv", "d3d11va")
    return [name for name in names if name.startswith(incomplete)]


def complete_formats(incomplete: str) -> list[str]:
    """Formats that an answer can be written in."""
    from r2cli.export.formats import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]
