"""Where r2 can compute: every device is tried."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from r2cli.doctor.check import Check
from r2cli.process import usable_cores
from r2cli.settings import given

if TYPE_CHECKING:
    from r2cli.backbones.devices import Trial

_GET_TORCH = "https://pytorch.org/get-started/locally"


def check_devices() -> Check:
    """What works, and which of it `auto` takes."""
    import torch

    from r2cli.backbones.devices import DEVICES, try_device
    from r2cli.backbones.threads import follow_cores

    trials = {kind: try_device(kind) for kind in DEVICES if kind != "auto"}
    wanted = given("device")
    taken = next(kind for kind, trial in trials.items() if trial.works or kind == "cpu")
    lines = [_line(trial) for trial in trials.values()]
    lines.append(f"threads: {follow_cores()}, usable cores: {usable_cores()}; --device auto takes {taken}")
    facts: dict[str, Any] = {
        "devices": {kind: {"name": t.name, "works": t.works, "fault": t.fault} for kind, t in trials.items()},
        "auto": taken,
        "cores": usable_cores(),
        "cuda_build": torch.version.cuda,
    }
    if wanted is not None and wanted.value != "auto" and not trials[wanted.value].works:
        fix = f"{wanted.origin} asks for {wanted.value}, which does not work here: set it to auto or cpu"
        return Check("devices", tuple(lines), facts, "fault", fix, 2)
    return _with_advice(Check("devices", tuple(lines), facts), trials["cuda"], torch.version.cuda is not None)


def _line(trial: Trial) -> str:
    if trial.works:
        return f"{trial.kind}: works ({trial.name})"
    return f"{trial.kind}: {trial.name} does not work ({trial.fault})" if trial.fault else f"{trial.kind}: none"


def _with_advice(check: Check, cuda: Trial, has_cuda_build: bool) -> Check:
    if cuda.fault:
        fix = f"to use the graphics card, update its driver, or install a torch that is built for it ({_GET_TORCH})"
    elif not has_cuda_build and shutil.which("nvidia-smi"):
        fix = f"there seems to be an NVIDIA card; to use it, install a torch with CUDA ({_GET_TORCH})"
    else:
        return check
    return Check(check.name, check.lines, check.facts, "note", fix)
