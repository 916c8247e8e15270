"""How finely a frame is looked at: float32, or 16 bits where the machine is faster at them and the tokens stay true.

Only the two branches of each residual block of the vision tower are ever shortened, and in fp16 the cut into patches.
What they add up to, the norms, the text tower and everything behind CLIP stay float32: the tokens lose less than half
of what plain bf16 would cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from r2cli.errors import CommandLineError

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
LARGEST_ERROR = 5e-3
"""Of the tokens, relative: measured to keep moments within 0.1 s and scores within 0.01 (see tests/bench)."""


@dataclass(frozen=True)
class Candidate:
    """A precision worth trying on a device."""

    name: str
    why: str


def require_precision(name: str) -> None:
    """Refuse a word that is no precision.

    Raises:
        CommandLineError: It is none of `PRECISIONS`.
    """
    if name not in PRECISIONS:
        raise CommandLineError(f"unknown precision {name!r}", f"choose one of: {', '.join(PRECISIONS)}")


def candidates(device: torch.device) -> tuple[Candidate, ...]:
    """The 16-bit precisions in which a device is faster than in float32, the truest of the fast ones first."""
    if device.type == "cpu":
        return tuple(_of_processor(processor_features()))
    if device.type == "cuda":
        return tuple(_of_card(torch.cuda.get_device_capability(device)))
    return (Candidate("fp16", "the graphics processor is faster in 16 bits"),)


def _of_card(capability: tuple[int, int]) -> Iterator[Candidate]:
    if capability >= (7, 0):
        yield Candidate("fp16", "the graphics card has tensor cores for fp16")
    if capability >= (8, 0):
        yield Candidate("bf16", "the graphics card has tensor cores for bf16")


def _of_processor(features: frozenset[str]) -> Iterator[Candidate]:
    # fp16 rounds eight times more finely than bf16, but is as fast only where the matrix unit knows it.
    if "amx_fp16" in features and _is_supported("fp16"):
        yield Candidate("fp16", "the processor has AMX for fp16")
    for feature, unit in (("amx_bf16", "AMX"), ("avx512_bf16", "AVX512-BF16")):
        if feature in features and _is_supported("bf16"):
            yield Candidate("bf16", f"the processor has {unit}")
            break
    if "avx512_fp16" in features and "amx_fp16" not in features and _is_supported("fp16"):
        yield Candidate("fp16", "the processor has AVX512-FP16")


@cache
def processor_features() -> frozenset[str]:
    """What the processor can do for 16-bit numbers: of `amx_bf16`, `amx_fp16`, `avx512_bf16` and `avx512_fp16`."""
    known = {"amx_bf16", "amx_fp16", "avx512_bf16", "avx512_fp16"}
    capabilities: Callable[[], dict[str, Any]] | None = getattr(torch.cpu, "get_capabilities", None)
    if capabilities is not None:
        return frozenset(name for name, there in capabilities().items() if there is True) & known
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    flags = next((line.partition(":")[2] for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(flags.split()) & known


def _is_supported(name: str) -> bool:
    """Whether torch's library for processors has kernels of its own for a precision here, and not just emulates it."""
    try:
        return bool(getattr(torch.ops.mkldnn, f"_is_mkldnn_{name}_supported")())
    except (AttributeError, RuntimeError):
        return False


def relative_error(tokens: Tensor, exact: Tensor) -> float:
    """How far tokens are from the exact ones, as a share of their length; infinite when something overflowed."""
    error = ((tokens - exact).norm() / exact.norm()).item()
    return error if error == error else float("inf")
