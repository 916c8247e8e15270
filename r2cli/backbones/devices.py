"""Where the arithmetic is done: which devices there are, which of them work, and what to do when one gives up."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch

from r2cli.errors import CommandLineError, option

DEVICES = ("auto", "cuda", "mps", "cpu")
_FASTEST_FIRST = ("cuda", "mps", "cpu")
_WHAT_IT_IS = {"cuda": "graphics card", "mps": "graphics processor", "cpu": "processor"}
_SIDE = 64
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Trial:
    """What came of trying a device."""

    kind: str
    """`cuda`, `mps` or `cpu`."""
    name: str
    """What its maker calls it; empty when there is none."""
    fault: str = ""
    """Why it cannot be used, in torch's words; empty when it works, or when there is none."""

    @property
    def works(self) -> bool:
        """Whether a product came out right on it."""
        return bool(self.name) and not self.fault


def try_device(kind: str) -> Trial:
    """Do a small product on a device: that torch lists one does not mean that it can use it."""
    present, fault = _is_present(kind)
    if not present:
        return Trial(kind, "", fault)
    name = _WHAT_IT_IS[kind]
    try:
        name = _name(kind)
        fault = "" if _multiplies(torch.device(kind)) else "it computes wrong results"
    except (RuntimeError, AssertionError, ValueError) as error:
        fault = first_line(error)
    return Trial(kind, name, fault)


def choose_device(name: str = "auto", *, on_note: Callable[[str], None] = lambda line: None) -> torch.device:
    """Turn the word of `--device` into a device that works.

    Args:
        name: `auto` (the first of CUDA, MPS and CPU that works), `cuda`, `mps` or `cpu`.
        on_note: Told in one line about a graphics card that is there and cannot be used, if `auto` passes one over.

    Raises:
        CommandLineError: The word is none of these, or this machine has no such device that works.
    """
    if name not in DEVICES:
        raise CommandLineError(f"unknown device {name!r}", f"choose one of: {', '.join(DEVICES)}")
    # Convolutions on a graphics card would round to 10 bits, whatever precision the user asked for.
    torch.backends.cudnn.allow_tf32 = False
    if name == "auto":
        return _first_that_works(on_note)
    trial = try_device(name)
    if trial.fault:
        raise CommandLineError(
            f"torch cannot use the {name.upper()} device of this machine ({trial.fault})",
            f"use {option('device', 'auto')} or cpu",
        )
    if not trial.works:
        raise CommandLineError(
            f"torch finds no {name.upper()} device on this machine", f"use {option('device', 'auto')} or cpu"
        )
    return torch.device(name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device failed for want of memory, in any of torch's ways of saying so."""
    # Apple's devices raise a plain RuntimeError, and so did torch's libraries for linear algebra.
    return isinstance(error, RuntimeError) and (
        isinstance(error, torch.cuda.OutOfMemoryError)
        or any(word in str(error) for word in ("out of memory", "ALLOC_FAILED", "not enough memory"))
    )


def release_memory(device: torch.device) -> None:
    """Give back what torch keeps for later."""
    if device.type == "cuda":  # does nothing where CUDA was never started
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def first_line(error: BaseException) -> str:
    """The part of a message of torch's that says what happened, without its advice to those who debug kernels."""
    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return line.removeprefix("CUDA error: ").strip().rstrip(".")


def _first_that_works(on_note: Callable[[str], None]) -> torch.device:
    for kind in _FASTEST_FIRST[:-1]:
        trial = try_device(kind)
        if trial.works:
            return torch.device(kind)
        if trial.fault:
            on_note(f"the {trial.name or _WHAT_IT_IS[kind]} cannot be used ({trial.fault}): computing on the processor")
    return torch.device("cpu")


def _is_present(kind: str) -> tuple[bool, str]:
    """Whether torch lists a device, and what it says about why not."""
    if kind == "cpu":
        return True, ""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")  # a driver that is too old is told in a warning
        present = torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()
    if present or not said:
        return present, ""
    return False, str(said[0].message).removeprefix("CUDA initialization: ").partition(". ")[0]


def _name(kind: str) -> str:
    if kind == "cuda":
        return torch.cuda.get_device_name()
    return _processor() if kind == "cpu" else "Apple graphics processor"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            named = next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        named = ""
    return named.partition(":")[2].strip() or platform.processor() or platform.machine() or "processor"


def _multiplies(device: torch.device) -> bool:
    """Whether a product, a softmax and a copy back, for which kernels must exist, give what they should."""
    left = torch.linspace(-1, 1, _SIDE * _SIDE).view(_SIDE, _SIDE)
    expected = (left @ left.T).softmax(dim=-1)
    found = (left.to(device) @ left.T.to(device)).softmax(dim=-1).cpu()
    return bool((found - expected).abs().max() < _TOLERANCE)
