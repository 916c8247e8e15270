"""How fast pictures become tokens: r2 in each precision, against open_clip as it comes.

The weights of ViT-B/32 and the pictures are drawn: speed does not depend on their values. Each round lets every
contender encode all pictures once, so that what else the machine does meets them all.

    python tests/bench/encode.py [--threads 2] [--frames 76] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from copy import deepcopy

import numpy as np

from r2cli.process import prepare_process

prepare_process()  # as `r2` does; before torch is loaded

import torch  # noqa: E402

from r2cli.backbones.build import build_clip  # noqa: E402
from r2cli.backbones.choose_precision import trial_frames  # noqa: E402
from r2cli.backbones.clip import ClipBackbone  # noqa: E402
from r2cli.backbones.precision import candidates  # noqa: E402
from r2cli.backbones.spec import VIT_B_32  # noqa: E402

CPU = torch.device("cpu")


def main() -> None:
    """Read the command line, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--frames", type=int, default=76, help="two steps of the default model")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    frames = np.concatenate([trial_frames(224)] * (-(-options.frames // 2)))[: options.frames]
    fast = ", ".join(one.name for one in candidates(CPU)) or "none"
    sys.stdout.write(f"{len(frames)} pictures, {options.threads} threads, fast here: {fast}\n")
    for line in compare(contenders(), frames, options.rounds):
        sys.stdout.write(line + "\n")


def contenders() -> dict[str, Callable[[np.ndarray], object]]:
    """Name and act of every contender; the first is what the others are compared with."""
    torch.manual_seed(0)
    clip = build_clip(VIT_B_32)
    plain = ClipBackbone(VIT_B_32, clip, device=CPU)

    def one_by_one(frames: np.ndarray) -> None:
        for index in range(len(frames)):
            plain.encode_frames(frames[index : index + 1])

    def autocast(frames: np.ndarray) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            plain.encode_frames(frames)

    acts: dict[str, Callable[[np.ndarray], object]] = {
        "open_clip, fp32, one by one": one_by_one,
        "open_clip, fp32": plain.encode_frames,
        "open_clip, autocast to bf16": autocast,
    }
    for name in ("bf16", "fp16"):
        backbone = ClipBackbone(VIT_B_32, deepcopy(clip), device=CPU)
        backbone.towers.set_precision(name)
        acts[f"r2, {name}"] = backbone.encode_frames
    return acts


def compare(acts: dict[str, Callable[[np.ndarray], object]], frames: np.ndarray, rounds: int) -> list[str]:
    """Pictures a second, processor time for each picture, and how many times faster than the first (medians)."""
    for act in acts.values():
        act(frames[:2])
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            wall, processor = time.perf_counter(), time.process_time()
            act(frames)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    first = next(iter(times.values()))
    return [
        f"{name:30s} {len(frames) / statistics.median(wall for wall, _ in taken):7.1f} pictures/s, "
        f"{statistics.median(cpu for _, cpu in taken) / len(frames) * 1e3:6.1f} ms of processor time each, "
        f"{statistics.median(a[1] / b[1] for a, b in zip(first, taken, strict=True)):5.2f} x"
        for name, taken in times.items()
    ]


if __name__ == "__main__":
    main()
