"""How fast the query half of the model is: one query about films of ten minutes and of ten hours.

Weights and films are drawn: speed does not depend on their values. The long film lies in a file and is mapped, as the
cache does it. Each round asks every contender once, so that what else the machine does meets them all.

    python tests/bench/query.py [--threads 2] [--rounds 9] [--length 8] [--long]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from r2cli.process import prepare_process

prepare_process()  # as `r2` does; before torch is loaded

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from r2cli.model import CHUNK, R2, R2Config, VideoMemory  # noqa: E402

CLIPS, PATCHES = 75, 50
TEN_MINUTES, TEN_HOURS = 9, 474
"""Windows."""
CHUNKS = (1, 4, 8, 16, 32)


def main() -> None:
    """Read the command line, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--length", type=int, default=8, help="tokens of the query")
    parser.add_argument("--long", action="store_true", help="ten hours too: writes 1.8 GB to a temporary file")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model, query = R2(R2Config()).eval(), torch.randn(1, 4, options.length, 512)
    lines = [f"{options.threads} threads, a query of {options.length} tokens, CHUNK = {CHUNK}"]
    lines += compare(dict(ten_minutes(model, query)), options.rounds)
    if options.long:
        with tempfile.TemporaryDirectory() as folder:
            long = long_film(Path(folder))
            lines += compare({"ten hours, int8, mapped": lambda: ask(model, long, query, CHUNK)}, options.rounds)
    sys.stdout.write("\n".join(lines) + "\n")


def ten_minutes(model: R2, query: Tensor) -> Iterator[tuple[str, Callable[[], None]]]:
    """Name and act of every contender; the first is what the others are compared with."""
    film = VideoMemory(torch.randn(TEN_MINUTES, 4, CLIPS, PATCHES, 256))
    short = film.quantise()
    yield "ten minutes, fp32, window by window", lambda: ask(model, film, query, 1)
    yield "ten minutes, fp32", lambda: ask(model, film, query, CHUNK)
    for chunk in CHUNKS:
        yield f"ten minutes, int8, {chunk} at once", lambda chunk=chunk: ask(model, short, query, chunk)


def ask(model: R2, film: VideoMemory, query: Tensor, chunk: int) -> None:
    """Ask about every window of a film, some of them at once."""
    for first in range(0, film.videos, chunk):
        rows = slice(first, first + chunk)
        some = VideoMemory(film.patches[rows], None, None if film.scale is None else film.scale[rows])
        model.predict(some, query.expand(some.videos, -1, -1, -1), clips_per_second=0.5)


def long_film(folder: Path) -> VideoMemory:
    """Ten hours in a file, mapped."""
    shape = (TEN_HOURS, 4, CLIPS, PATCHES, 256)
    size = torch.Size(shape).numel()
    patches = torch.from_file(str(folder / "film"), shared=True, size=size, dtype=torch.int8).view(shape)
    for window in patches:
        window.random_(-127, 128)
    return VideoMemory(patches, None, torch.rand(shape[:-1]))


def compare(contenders: dict[str, Callable[[], None]], rounds: int) -> list[str]:
    """Medians of wall and processor time, and how many times faster than the first."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, act in contenders.items():
            wall, processor = time.perf_counter(), time.process_time()
            act()
            if number:  # the first round warms up
                times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    first = next(iter(times.values()))
    return [
        f"{name:36s} {_median(t[0] for t in taken) * 1e3:8.1f} ms, {_median(t[1] for t in taken) * 1e3:8.1f} ms of "
        f"processor time, {_median(a[1] / b[1] for a, b in zip(first, taken, strict=True)):5.2f} x"
        for name, taken in times.items()
    ]


_median = statistics.median


if __name__ == "__main__":
    main()
