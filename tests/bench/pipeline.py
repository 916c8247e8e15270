"""How near r2 comes to what FFmpeg and CLIP cost by themselves, and how far it is from what one would write without it.

    python -m tests.bench.pipeline film.mp4            # everything, with random weights of the default model's shape
    python -m tests.bench.pipeline film.mp4 --only cold,auto --runs 5
    python -m tests.bench.pipeline film.mp4 --only length --minutes 1 10 60 600
    python -m tests.bench.pipeline film.mp4 --report   # only what was measured before

Parts (each run is a process of its own, with a cache of its own; what is compared is measured in turn, and what counts
is the median of the ratios of neighbouring runs):

    cold       exact sampling, cold, against D (FFmpeg decodes everything to nothing), E (CLIP looks at as many pictures
               at the same precision) and their bound: max(D, E, processor time of both / cores)
    plain      the same against `tests.bench.plain`
    auto       auto sampling against exact
    keyframes  keyframes against exact
    warm       `r2 find` with everything in the cache, from start to end, against `python -c "import open_clip"`
    shell      from a line to its answer in `r2 shell`
    length     cold and warm, memory and cache, for films of other lengths made of this one

Every run is added to a file at once (--result): interrupted, the same command goes on; --again begins a part anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from r2cli.bench.machine import describe_machine, machine_line
from r2cli.bench.measure import find_command
from r2cli.bench.memory import MemoryWatch
from r2cli.bench.run import run_program, run_task
from r2cli.bench.tasks import Subject
from r2cli.checkpoints.load import find_source
from r2cli.checkpoints.registry import QVHIGHLIGHTS
from r2cli.checkpoints.stand_in import WEIGHTS, write_random
from r2cli.video import clip_count, probe
from tests.bench.lengths import film_of
from tests.bench.plot import plot

Run = dict[str, Any]
MINUTES = (1, 5, 10, 30, 60, 180, 600)
FIRST, ASKED = "●", "○"
LENGTHS = {1: "1 min", 10: "10 min", 60: "1 h", 600: "10 h"}
SECONDS = {0.01: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s", 100: "100 s", 1000: "1000 s"}
QUERIES = ("a dog jumps", "a man rides a bicycle", "people eat at a table", "a red car", "somebody laughs") * 3


@dataclass(frozen=True)
class Bench:
    """What is measured, and where things are kept."""

    film: Path
    subject: Subject
    work: Path
    minutes: tuple[float, ...]
    clips: int
    cores: int

    def cold(self, subject: Subject, cache: Path | None = None) -> Run:
        """One first search; without a cache to keep, in one that is gone afterwards."""
        if cache is not None:
            outcome = run_task("cold", subject, cache)
        else:
            with tempfile.TemporaryDirectory(dir=self.work) as folder:
                outcome = run_task("cold", subject, Path(folder))
        return {**outcome.answer, "memory": outcome.memory}

    def filled(self, subject: Subject) -> Path:
        """A cache that holds the video."""
        cache = self.work / f"cache-{Path(subject.video).stem}-{subject.sampling}"
        if not cache.exists():
            self.cold(subject, cache)
        return cache


def cold(bench: Bench) -> Run:
    """Exact and cold, and what FFmpeg and CLIP take."""
    exact = replace(bench.subject, sampling="exact", pictures=bench.clips)
    decode, encode = run_task("decode", exact).answer, run_task("encode", exact).answer
    found = bench.cold(exact)
    shared = (decode["cpu"] + encode["cpu"]) / bench.cores
    bound = max(decode["wall"], encode["wall"], shared)
    return {"D": decode, "E": encode, "shared": shared, "cold": found, "ratio": found["wall"] / bound}


def plain(bench: Bench) -> Run:
    """Exact and cold, and the plain pipeline."""
    found = bench.cold(replace(bench.subject, sampling="exact"))
    outcome = _plain(bench.subject)
    return {"cold": found, "plain": outcome, "ratio": outcome["wall"] / found["wall"]}


def _plain(subject: Subject) -> Run:
    command = [sys.executable, "-m", "tests.bench.plain", subject.video, subject.model, subject.query]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        with MemoryWatch(process.pid) as watch:
            if process.wait():
                raise SystemExit("the plain pipeline failed")
        out.seek(0)
        return {**json.loads(out.read().splitlines()[-1]), "memory": watch.height}


def _against_exact(way: str) -> Callable[[Bench], Run]:
    def run(bench: Bench) -> Run:
        exact = bench.cold(replace(bench.subject, sampling="exact"))
        other = bench.cold(replace(bench.subject, sampling=way))
        return {"exact": exact, way: other, "ratio": exact["wall"] / other["wall"]}

    return run


def warm(bench: Bench) -> Run:
    """The whole command, and the one import that no such command can do without; and the search inside."""
    cache = bench.filled(bench.subject)
    imported = run_program([sys.executable, "-c", "import open_clip"]).wall
    command = run_program(find_command(bench.subject), cache, codes=(0, 1))
    inside = run_task("warm", bench.subject, cache).answer
    return {"import": imported, "command": command.wall, "memory": command.memory, **inside} | {
        "ratio": command.wall / imported
    }


def shell(bench: Bench) -> Run:
    """Seconds from a line to its answer, without those that torch needs to warm up."""
    command = find_command(bench.subject)
    start = command.index("find")
    command = [*command[:start], "shell", *command[start + 1 : command.index("--")], "--json", bench.subject.video]
    cache = bench.filled(bench.subject)
    environment = os.environ | {"R2_CACHE_DIR": str(cache)}
    answers = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        for query in QUERIES:
            begun = time.perf_counter()
            process.stdin.write(f"{query}\n".encode())
            process.stdin.flush()
            process.stdout.readline()
            answers.append(time.perf_counter() - begun)
        process.stdin.close()
    # The first waits for everything to load.
    return {"answers": answers[1:], "median": median(answers[1:]), "slowest": max(answers[1:])}


def length(bench: Bench, minutes: float) -> Run:
    """A film of some length: first search, next search, and what is kept of it."""
    film = film_of(bench.film, minutes, bench.work)
    subject = replace(bench.subject, video=str(film))
    with tempfile.TemporaryDirectory(dir=bench.work) as folder:
        cache = Path(folder)
        found = bench.cold(subject, cache)
        kept = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
        outcome = run_task("warm", subject, cache)
    return {
        "seconds": probe(film).duration,
        "cold": found,
        "warm": {**outcome.answer, "memory": outcome.memory},
        "cache": kept,
    }


PARTS: dict[str, Callable[[Bench], Run]] = {
    "cold": cold,
    "plain": plain,
    "auto": _against_exact("auto"),
    "keyframes": _against_exact("keyframes"),
    "warm": warm,
    "shell": shell,
}
"""What is run several times; `length` is run once for each length."""


class Results:
    """What was measured so far, in a file that is whole at any time."""

    def __init__(self, path: Path, subject: Subject) -> None:
        self._path = path
        self._all: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        # By what must be the same for runs to be compared.
        names = (
            Path(subject.video).name,
            Path(subject.model).stem,
            subject.sampling,
            subject.precision,
            subject.device,
        )
        name = " ".join(names)
        self.mine: dict[str, list[Run]] = self._all.setdefault("films", {}).setdefault(name, {})

    def runs(self, part: str) -> list[Run]:
        """Of one part."""
        return self.mine.setdefault(part, [])

    def forget(self, part: str) -> None:
        """Begin a part anew."""
        for name in [name for name in self.mine if name == part or name.startswith(f"{part} ")]:
            del self.mine[name]

    def add(self, part: str, run: Run) -> None:
        """Keep a run."""
        self.runs(part).append(run)
        self._write()

    @property
    def machine(self) -> dict[str, Any]:
        """What it was measured on."""
        return dict(self._all.get("machine", {}))

    def describe(self, machine: dict[str, Any]) -> None:
        """Say what it is measured on."""
        self._all["machine"] = machine
        self._write()

    def _write(self) -> None:
        fresh = self._path.with_name(f"fresh-{self._path.name}")
        fresh.write_text(json.dumps(self._all, indent=1) + "\n")
        fresh.replace(self._path)


def report(results: Results) -> str:
    """Everything measured of this film, in Markdown."""
    lines = [f"{machine_line(results.machine)}" if results.machine else "", ""]
    lines += [line for part in PARTS if (runs := results.mine.get(part)) for line in _WORDS[part](runs)]
    rows = sorted((run for part, (run, *_) in _by_length(results) for run in [run]), key=lambda run: run["seconds"])
    if rows:
        lines += ["", "| film | first search | x real time | memory | next search | a query | cache |"]
        lines += ["|---|---|---|---|---|---|---|", *map(_length_row, rows)]
        lines += ["", f"{FIRST} first search   {ASKED} a query afterwards", "", _plot(rows)]
    return "\n".join(lines) + "\n"


def _plot(rows: Sequence[Run]) -> str:
    minutes = [run["seconds"] / 60 for run in rows]
    series = {
        ASKED: [(x, run["warm"]["ask"]["median"]) for x, run in zip(minutes, rows, strict=True)],
        FIRST: [(x, run["cold"]["wall"]) for x, run in zip(minutes, rows, strict=True)],
    }
    return plot(series, across=LENGTHS, upward=SECONDS)


def _by_length(results: Results) -> list[tuple[str, list[Run]]]:
    return [(part, runs) for part, runs in results.mine.items() if part.startswith("length ") and runs]


def _length_row(run: Run) -> str:
    seconds, found, again = run["seconds"], run["cold"], run["warm"]
    cells = [
        f"{seconds / 60:.0f} min",
        f"{found['wall']:.1f} s",
        f"{seconds / found['wall']:.0f}",
        f"{(found['memory'] or 0) / 1e6:.0f} MB",
        f"{again['wall'] * 1000:.0f} ms",
        f"{again['ask']['median'] * 1000:.0f} ms",
        f"{run['cache'] / 1e6:.1f} MB",
    ]
    return f"| {' | '.join(cells)} |"


def _middle(runs: Sequence[Run], *path: str) -> float:
    values = []
    for run in runs:
        value: Any = run
        for key in path:
            value = value[key]
        values.append(value)
    return median(values)


def _say_cold(runs: list[Run]) -> list[str]:
    walls = {name: _middle(runs, name, "wall") for name in ("D", "E", "cold")}
    return [
        f"exact, cold: {walls['cold']:.2f} s; D {walls['D']:.2f} s, E {walls['E']:.2f} s, "
        f"both shared by all cores {_middle(runs, 'shared'):.2f} s; "
        f"{_middle(runs, 'ratio'):.3f} x the bound (median of {len(runs)}), "
        f"{_middle(runs, 'cold', 'memory') / 1e6:.0f} MB"
    ]


def _say_ratio(name: str, slow: str, quick: str) -> Callable[[list[Run]], list[str]]:
    def say(runs: list[Run]) -> list[str]:
        walls = [_middle(runs, part, "wall") for part in (slow, quick)]
        return [
            f"{name}: {quick} {walls[1]:.2f} s, {slow} {walls[0]:.2f} s; {_middle(runs, 'ratio'):.2f} x as fast "
            f"(median of {len(runs)}); {_middle(runs, slow, 'memory') / 1e6:.0f} and "
            f"{_middle(runs, quick, 'memory') / 1e6:.0f} MB"
        ]

    return say


def _say_warm(runs: list[Run]) -> list[str]:
    return [
        f"warm r2 find: {_middle(runs, 'command'):.2f} s; import open_clip {_middle(runs, 'import'):.2f} s; "
        f"{_middle(runs, 'ratio'):.2f} x (median of {len(runs)}); the search inside "
        f"{_middle(runs, 'wall') * 1000:.0f} ms, a query {_middle(runs, 'ask', 'median') * 1000:.0f} ms"
    ]


def _say_shell(runs: list[Run]) -> list[str]:
    return [
        f"r2 shell: {_middle(runs, 'median') * 1000:.0f} ms from a line to its answer, "
        f"at most {max(run['slowest'] for run in runs) * 1000:.0f} ms ({len(runs)} x {len(QUERIES) - 1} queries)"
    ]


_WORDS: dict[str, Callable[[list[Run]], list[str]]] = {
    "cold": _say_cold,
    "plain": _say_ratio("exact against the plain pipeline", "plain", "cold"),
    "auto": _say_ratio("auto against exact", "exact", "auto"),
    "keyframes": _say_ratio("keyframes against exact", "exact", "keyframes"),
    "warm": _say_warm,
    "shell": _say_shell,
}


def main() -> None:
    """Measure what is still missing, and say what is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("--only", default=",".join([*PARTS, "length"]), help="parts, with commas between them")
    parser.add_argument("--runs", type=int, default=5, help="of each part")
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES, help="lengths")
    parser.add_argument("--model", default="random", help="a name, a file, or random")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sampling", default="auto", help="of warm, shell and length")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "r2-pipeline-bench")
    parser.add_argument("--result", type=Path, help="default: pipeline.json in --work")
    parser.add_argument("--again", action="store_true", help="forget earlier runs of these parts")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    subject = Subject(
        video=str(options.film.resolve()),
        model=_random(options.work) if options.model == "random" else options.model,
        precision=options.precision,
        device=options.device,
        sampling=options.sampling,
    )
    results = Results(options.result or options.work / "pipeline.json", subject)
    if not options.report:
        measure(options, subject, results)
    sys.stdout.write(report(results))


def measure(options: argparse.Namespace, subject: Subject, results: Results) -> None:
    """Do what is still missing of the parts that are asked for."""
    parts = options.only.split(",")
    if unknown := set(parts) - {*PARTS, "length"}:
        raise SystemExit(f"there is no part {', '.join(unknown)}: there are {', '.join([*PARTS, 'length'])}")
    facts = run_task("encode", replace(subject, pictures=2)).answer
    results.describe({**describe_machine(), **{key: facts[key] for key in ("cores", "device", "precision")}})
    clips = clip_count(probe(subject.video).duration, find_source(subject.model).clips_per_second)
    bench = Bench(options.film, subject, options.work, tuple(options.minutes), clips, facts["cores"])
    for part in parts:
        if options.again:
            results.forget(part)
        if part == "length":
            for minutes in options.minutes:
                name = f"length {minutes:g}"
                if not results.runs(name):
                    _do(results, name, lambda minutes=minutes: length(bench, minutes))
            continue
        while len(results.runs(part)) < options.runs:
            _do(results, part, lambda part=part: PARTS[part](bench))


def _do(results: Results, name: str, run: Callable[[], Run]) -> None:
    begun = time.perf_counter()
    results.add(name, run())
    ratio = results.runs(name)[-1].get("ratio")
    said = "" if ratio is None else f", ratio {ratio:.3f}"
    sys.stderr.write(f"{name} {len(results.runs(name))}: {time.perf_counter() - begun:.0f} s{said}\n")


def _random(work: Path) -> str:
    folder = work / "weights"
    if not (folder / WEIGHTS).exists():
        fresh = work / "fresh-weights"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        write_random(QVHIGHLIGHTS, fresh)
        fresh.replace(folder)
    return str(folder / WEIGHTS)


if __name__ == "__main__":
    main()
