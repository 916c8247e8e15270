"""Speed and agreement of bf16 and fp16 against fp32, on this machine.

    python -m tests.bench.precision                       # ViT-B/32 and the QVHighlights model's shape, random weights
    python -m tests.bench.precision --model qvhighlights  # any model that r2 find takes
    python -m tests.bench.precision --video film.mp4 --query "a dog jumps" --device cuda

For every precision: pictures per second of the vision tower, how far its tokens are from those of fp32, and how far
what R2 makes of them moves: where each point of the pyramid puts a moment's ends, its score, and the saliency of clips.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from r2cli.backbones.choose_precision import trial_frames
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.precision import LARGEST_ERROR, candidates, relative_error
from r2cli.models.r2 import R2, Grounding, R2Config

QUERIES = ("a dog jumps", "a man rides a bicycle down the street", "people")


@dataclass(frozen=True)
class Line:
    """What one precision costs and gives."""

    precision: str
    frames_per_second: float
    tokens: float
    """Relative error."""
    boundary: float
    """Seconds, at most."""
    score: float
    saliency: float


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="random", help="a name, a file, or random")
    parser.add_argument("--video", type=Path, help="pictures of this film; otherwise drawn ones")
    parser.add_argument("--query", action="append", help="may be given several times")
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    backbone, model, rate = random_models() if options.model == "random" else named_models(options.model)
    device = torch.device(options.device)
    backbone.move_to(device)
    model.to(device)
    frames = pictures(options.video, rate, backbone.size, options.frames)
    lines = measure(backbone, model, frames, options.query or QUERIES, rate, options.repeats)
    likely = ", ".join(one.name for one in candidates(device)) or "none"
    print_table(
        lines, f"{backbone.name}, {len(frames)} pictures, {torch.get_num_threads()} threads, faster here: {likely}"
    )


def random_models() -> tuple[ClipBackbone, R2, float]:
    """The default model at its full size, with weights that nobody trained, and its clips per second."""
    from r2cli.backbones.build import build_clip
    from r2cli.backbones.spec import VIT_B_32

    torch.manual_seed(0)
    backbone = ClipBackbone(VIT_B_32, build_clip(VIT_B_32), device=torch.device("cpu"))
    model = R2(R2Config())
    for parameter in model.parameters():
        if parameter.ndim > 1:  # livelier than at birth, so that answers depend on the picture
            torch.nn.init.xavier_uniform_(parameter)
    return backbone, model.eval(), 0.5


def named_models(name: str) -> tuple[ClipBackbone, R2, float]:
    """What `r2 find --model` would load, in fp32, and its clips per second."""
    from r2cli.checkpoints.load import open_checkpoint

    loaded = open_checkpoint(name, device="cpu", precision="fp32")
    return loaded.backbone, loaded.model, loaded.checkpoint.clips_per_second


def pictures(video: Path | None, rate: float, size: int, count: int) -> np.ndarray:
    """Pictures of a film, or noisy patches of colour."""
    if video is None:
        return np.concatenate([trial_frames(size)] * (-(-count // 2)))[:count]
    from r2cli.video import probe, sample_frames

    info = probe(video)
    densely = max(rate, count / info.duration)
    return np.concatenate([batch.pixels for batch in sample_frames(info, densely, size)])[:count]


@torch.inference_mode()
def measure(
    backbone: ClipBackbone, model: R2, frames: np.ndarray, queries: tuple[str, ...], rate: float, repeats: int
) -> list[Line]:
    """One line per precision, fp32 first."""
    asked = [backbone.encode_query(query)[None] for query in queries]
    exact, speed = look(backbone, frames, repeats)
    truth = [model(exact[None], query) for query in asked]
    lines = [Line("fp32", speed, 0.0, 0.0, 0.0, 0.0)]
    for name in ("bf16", "fp16"):
        undo = backbone.towers.set_precision(name)
        tokens, speed = look(backbone, frames, repeats)
        undo()
        found = [model(tokens[None], query) for query in asked]
        moved = [distance(a, b, rate) for a, b in zip(truth, found, strict=True)]
        boundary, score, saliency = (max(values) for values in zip(*moved, strict=True))
        lines.append(Line(name, speed, relative_error(tokens, exact), boundary, score, saliency))
    return lines


def look(backbone: ClipBackbone, frames: np.ndarray, repeats: int) -> tuple[torch.Tensor, float]:
    """Tokens, and the pictures per second of the fastest of some runs after one to warm up."""
    backbone.encode_frames(frames[:2])
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        tokens = backbone.encode_frames(frames)
        tokens.sum().item()  # waits for a graphics card
        times.append(time.perf_counter() - begun)
    return tokens, len(frames) / min(times)


def distance(truth: Grounding, found: Grounding, rate: float) -> tuple[float, float, float]:
    """The largest shift of a boundary (s), of a score and of a clip's saliency; the same points are compared."""
    saliency = (truth.saliency - found.saliency).abs().max().item()
    if truth.coord is None:
        return 0.0, 0.0, saliency
    shift = (truth.boundaries(rate) - found.boundaries(rate))[0].abs()
    return shift[:, :2].max().item(), shift[:, 2].max().item(), saliency


def print_table(lines: list[Line], title: str) -> None:
    """To standard output."""
    rows = [title, "", "| precision | pictures/s | ratio | tokens off | boundaries off | scores off | saliency off |"]
    rows.append("|---|---|---|---|---|---|---|")
    for line in lines:
        ratio = line.frames_per_second / lines[0].frames_per_second
        mark = " (too much for auto)" if line.tokens > LARGEST_ERROR else ""
        rows.append(
            f"| {line.precision} | {line.frames_per_second:.1f} | {ratio:.2f} | {line.tokens:.2%}{mark} | "
            f"{line.boundary:.3f} s | {line.score:.4f} | {line.saliency:.4f} |"
        )
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
