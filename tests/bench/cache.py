"""What the cache takes, and what 8 bits cost against 16: bytes per hour, moments and scores.

    python tests/bench/cache.py FILM... --model qvhighlights

Each film is encoded once in float32. Its windows are then asked as they are, in fp16, and in 8 bits with a scale for
each token. Printed is how far any moment that a user would see moved, how much any of its scores and any saliency
changed, and how large an hour of film is in each.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.findings import Findings
from r2cli.memory import Chunk, EncodedVideo, Reading
from r2cli.models.family import Memory
from r2cli.models.r2 import WindowMemory
from r2cli.tasks.ask import Asked
from r2cli.tasks.load import load
from r2cli.tasks.remember import remember_video
from r2cli.video import VideoInfo, probe

QUERIES = ("a rabbit jumps", "a man rides a bicycle", "flowers", "the dog is sleeping", "somebody laughs")


@dataclass(frozen=True)
class Loss:
    """What a shorter memory did to one film."""

    bytes_per_hour: float
    shift: float
    """Seconds, the farthest that an edge moved of a moment that scores at least half the best."""
    score: float
    saliency: float


def encode_exactly(video: VideoInfo, model: LoadedModel) -> EncodedVideo:
    """A video's memory in float32."""
    with mock.patch.object(WindowMemory, "quantise", lambda memory: memory):
        index = remember_video(video, model, Reading(cache=False, reuse=False))
        for chunk in index.encoded.chunks():
            assert all("scale" not in memory.arrays for memory in chunk.memories)
    return index.encoded


def shorten(memory: Memory, way: str) -> Memory:
    """The memory as it would be kept."""
    if way == "int8":
        short = WindowMemory(memory["patches"]).quantise()
        return Memory({"patches": short.patches, "scale": short.scale})
    return memory if way == "fp32" else Memory({"patches": memory["patches"].half().float()})


def ask(encoded: EncodedVideo, chunks: list[Chunk], way: str) -> list[Findings]:
    """Every query, of a memory that was shortened."""
    answers = []
    for query in QUERIES:
        asked = Asked(query, encoded.model)
        for chunk in chunks:
            asked.about(Chunk(chunk.windows, tuple(shorten(memory, way) for memory in chunk.memories)))
        answers.append(asked.conclude(encoded))
    return answers


def size(memory: Memory, way: str) -> int:
    """Bytes of a memory as it would be kept."""
    patches = memory["patches"]
    values = patches.numel()
    return values * {"fp32": 4, "fp16": 2, "int8": 1}[way] + (patches[..., 0].numel() * 4 if way == "int8" else 0)


def compare(exact: list[Findings], found: list[Findings], bytes_per_hour: float) -> Loss:
    """The largest differences; each good moment is held to the one that lies nearest."""
    shift = score = saliency = 0.0
    for one, other in zip(exact, found, strict=True):
        best = max((moment.score for moment in one.moments), default=0.0)
        spans = np.array([(moment.start, moment.end, moment.score) for moment in other.moments])
        for moment in one.moments:
            if moment.score >= 0.5 * best:
                distances = np.abs(spans[:, :2] - (moment.start, moment.end)).max(axis=1)
                nearest = int(distances.argmin())
                shift = max(shift, float(distances[nearest]))
                score = max(score, abs(float(spans[nearest, 2]) - moment.score))
        pairs = zip(one.saliency, other.saliency, strict=True)
        saliency = max(saliency, max(abs(a.score - b.score) for a, b in pairs))
    return Loss(bytes_per_hour, shift, score, saliency)


def main() -> None:
    """Print a table; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--model", default="sprites")
    options = parser.parse_args()
    model = load(options.model, device="cpu", precision="fp32")
    sys.stdout.write(
        "| film | kept as | MB per hour | moments moved, s | scores | saliency |\n|---|---|---|---|---|---|\n"
    )
    for film in options.films:
        video = probe(film)
        encoded = encode_exactly(video, model)
        chunks = list(encoded.chunks())
        exact = ask(encoded, chunks, "fp32")
        for way in ("fp32", "fp16", "int8"):
            kept = sum(size(memory, way) for chunk in chunks for memory in chunk.memories)
            kept += 2 * encoded.embeddings.size
            loss = compare(exact, ask(encoded, chunks, way), kept * 3600 / video.duration)
            row = f"| {film.name} | {way} | {loss.bytes_per_hour / 1e6:.0f} | {loss.shift:.3f} | {loss.score:.4f} |"
            sys.stdout.write(f"{row} {loss.saliency:.4f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
