"""A hub on this machine, and a fresh process that meets it as a user's would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hub.hub_server import Hub, serve_hub

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import json, sys
from r2cli.errors import R2Error
from r2cli.hub import HubFile, fetch
notes = []
try:
    path = str(fetch(HubFile(**json.loads(sys.argv[1])), on_note=notes.append, progress=False))
    print(json.dumps({"path": path, "notes": notes}))
except R2Error as error:
    print(json.dumps({"error": str(error), "exit_code": error.exit_code, "notes": notes}))
"""

_LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))"


@dataclass(frozen=True)
class Outcome:
    path: Path | None
    error: str
    exit_code: int
    notes: list[str]
    stderr: str


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve_hub() as running:
        yield running


@pytest.fixture
def hub_environment(hub, tmp_path) -> dict[str, str]:
    """Variables of a process that knows this hub only, with empty caches."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "R2_", "HUGGING"))}
    return kept | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "R2_CACHE_DIR": str(tmp_path / "cache"),
        "R2_DATA_DIR": str(tmp_path / "data"),
        "R2_MODELS_DIR": str(tmp_path / "models"),
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def fetch_apart(hub_environment) -> Callable[..., Outcome]:
    """fetch_apart(repo=…, path=…, size=…, sha256=…, **environment): `fetch` in a process of its own."""

    def run(environment: dict[str, str] | None = None, **file: object) -> Outcome:
        return begin_fetch(hub_environment | (environment or {}), **file)()

    return run


def begin_fetch(environment: dict[str, str], limit: int | None = None, **file: object) -> Callable[[], Outcome]:
    """Begin to fetch in a process of its own, which can write no file of more than `limit` bytes.

    Returns:
        A function that waits for its end.
    """
    program = _PROGRAM if limit is None else f"{_LIMIT.format(limit)}{_PROGRAM}"
    process = subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(file)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def finish() -> Outcome:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        said = json.loads(out)
        return Outcome(
            path=Path(said["path"]) if "path" in said else None,
            error=said.get("error", ""),
            exit_code=said.get("exit_code", 0),
            notes=said["notes"],
            stderr=err,
        )

    return finish
