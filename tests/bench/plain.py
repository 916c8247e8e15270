"""What a careful user would write without r2: FFmpeg at full size, then CLIP frame by frame in fp32, then the model.

One after the other, all frames in memory, windows that do not overlap. `tests.bench.pipeline` runs it in a process of
its own; its clock starts when imports and weights are there.
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import torch
from PIL import Image

from r2cli.bench.tasks import stopwatch
from r2cli.checkpoints.load import LoadedModel, open_checkpoint
from r2cli.video import VideoInfo, ffmpeg_path, probe


def main(video: str, model: str, query: str) -> None:
    """Search a video, and write what it took."""
    loaded, info = open_checkpoint(model, device="cpu", precision="fp32", progress=False), probe(video)
    loaded.backbone.encode_frames(np.zeros((1, 3, loaded.backbone.size, loaded.backbone.size), np.uint8))
    with stopwatch() as facts, torch.inference_mode():
        frames = extract(info, loaded.checkpoint.clips_per_second)
        tokens = [encode(frame, loaded) for frame in frames]
        asked = loaded.backbone.encode_query(query)
        ground(tokens, asked, loaded)
    sys.stdout.write(json.dumps({**facts, "clips": len(frames)}) + "\n")


def extract(video: VideoInfo, rate: float) -> list[np.ndarray]:
    """All sampled frames at full size, [height, width, 3]."""
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-i", str(video.path), "-vf", f"fps={rate}"]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    return list(np.frombuffer(done.stdout, np.uint8).reshape(-1, video.height, video.width, 3))


def encode(frame: np.ndarray, loaded: LoadedModel) -> torch.Tensor:
    """Tokens [K, 1, P, Dv] of a frame, scaled and cropped as open_clip's own transform does."""
    size = loaded.backbone.size
    height, width = frame.shape[:2]
    scale = size / min(height, width)
    image = Image.fromarray(frame).resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    square = np.asarray(image.crop((left, top, left + size, top + size)))
    return loaded.backbone.encode_frames(np.ascontiguousarray(square.transpose(2, 0, 1)[None]))


def ground(tokens: list[torch.Tensor], asked: torch.Tensor, loaded: LoadedModel) -> None:
    """Ask the model about one window after the other."""
    rate = loaded.checkpoint.clips_per_second
    length = round(loaded.checkpoint.window * rate)
    for first in range(0, len(tokens), length):
        window = torch.cat(tokens[first : first + length], dim=1)
        memory = loaded.model.encode_video(window[None])
        loaded.model.predict(memory, asked[None], clips_per_second=rate)


if __name__ == "__main__":
    main(*sys.argv[1:])
