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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from r2cli.process import prepare_process

prepare_process()  # as `r2` does; before torch is loaded

import torch  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from r2cli.models.r2 import CHUNK, R2, R2Config, WindowMemory  # noqa: E402
from r2cli.windows import plan_windows  # noqa: E402

WINDOW, CLIPS_A_MINUTE, PATCHES = 75, 30, 50
CHUNKS = (1, 4, 8, 16, 32)
SIDE = 1024
"""Of the square matrices whose products show what the machine can do at most."""


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
    model, query = R2(R2Config()).eval(), torch.randn(4, options.length, 512)
    lines = [f"{options.threads} threads, a query of {options.length} tokens, CHUNK = {CHUNK}"]
    lines += compare(dict(ten_minutes(model, query)), options.rounds)
    if options.long:
        with tempfile.TemporaryDirectory() as folder:
            long = long_film(Path(folder))
            lines += compare({"ten hours, int8, mapped": lambda: ask(model, long, query, CHUNK)}, options.rounds)
    sys.stdout.write("\n".join(lines) + "\n")


def lengths(minutes: int) -> tuple[int, int, int]:
    """How many windows of a film are of full length, that length, and the length of the last; in clips."""
    *full, last = (len(window) for window in plan_windows(minutes * CLIPS_A_MINUTE, WINDOW))
    return len(full), WINDOW, last


def ten_minutes(model: R2, query: Tensor) -> Iterator[tuple[str, Callable[[], None]]]:
    """Name and act of every contender; the first is what the others are compared with.

    The last does nothing but multiply matrices, as much as a query must.
    """
    windows, clips, rest = lengths(10)
    film = [WindowMemory(torch.randn(count, 4, size, PATCHES, 256)) for count, size in ((windows, clips), (1, rest))]
    short = [memory.quantise() for memory in film]
    yield "ten minutes, fp32, window by window", lambda: ask(model, film, query, 1)
    yield "ten minutes, fp32", lambda: ask(model, film, query, CHUNK)
    for chunk in CHUNKS:
        yield f"ten minutes, int8, {chunk} at once", lambda chunk=chunk: ask(model, short, query, chunk)
    with FlopCounterMode(display=False) as counter:
        ask(model, short, query, CHUNK)
    rows = counter.get_total_flops() // (2 * SIDE * SIDE)
    left, right = torch.randn(rows, SIDE), torch.randn(SIDE, SIDE)
    yield f"its {counter.get_total_flops() / 1e9:.1f} GFLOP in one product", lambda: (left @ right, None)[1]


def ask(model: R2, film: Sequence[WindowMemory], query: Tensor, chunk: int) -> None:
    """Ask about every window of a film, some of them at once; the last is a memory of its own."""
    full, last = film
    for first in range(0, full.videos + 1, chunk):
        rows = slice(first, first + chunk)
        scale = None if full.scale is None else full.scale[rows]
        some = [WindowMemory(full.patches[rows], None, scale)] if first < full.videos else []
        model.ask([*some, last] if first + chunk > full.videos else some, query, clips_per_second=0.5)


def long_film(folder: Path) -> list[WindowMemory]:
    """Ten hours in a file, mapped."""
    windows, clips, rest = lengths(600)
    shape = (windows, 4, clips, PATCHES, 256)
    patches = torch.from_file(str(folder / "film"), shared=True, size=torch.Size(shape).numel(), dtype=torch.int8)
    for window in patches.view(shape):
        window.random_(-127, 128)
    full = WindowMemory(patches.view(shape), None, torch.rand(shape[:-1]))
    return [full, WindowMemory(torch.randn(1, 4, rest, PATCHES, 256)).quantise()]


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
