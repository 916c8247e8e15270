"""Every released model at its full size: from an empty cache to moments, through a stand-in for the hub.

The files have the real names and layouts and random weights; their digests take the place of the published ones.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save

from r2cli.backbones.build import build_clip
from r2cli.backbones.spec import VIT_B_32
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.hub import HubFile
from r2cli.models.r2 import R2
from r2cli.models.r2.keys import IGNORED, MODULES, PARAMETERS, our_name
from tests.films import make_film

pytestmark = pytest.mark.slow

RELEASED = {name: row for name, row in CHECKPOINTS.items() if row.family == "r2" and isinstance(row.source, HubFile)}
_PROGRAM = """
import json, sys
from dataclasses import replace
from r2cli.__main__ import main
from r2cli.checkpoints.registry import CHECKPOINTS
for name, digest in json.loads(sys.argv[1]).items():
    row = CHECKPOINTS[name]
    CHECKPOINTS[name] = replace(row, source=replace(row.source, sha256=digest[:8]))
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def digests(hub) -> dict[str, str]:
    """Fill the hub; the sha256 of each checkpoint."""
    torch.manual_seed(0)
    clip = {name: tensor.contiguous() for name, tensor in build_clip(VIT_B_32).state_dict().items()}
    hub.files[f"{VIT_B_32.source.repo}/{VIT_B_32.source.path}"] = save(clip)
    contents = {name: authors_file(row) for name, row in RELEASED.items()}
    hub.files |= {f"{RELEASED[name].source.repo}/{RELEASED[name].source.path}": c for name, c in contents.items()}
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


@pytest.fixture
def r2_apart(hub_environment, digests):
    """r2_apart("models", ...): a command in a process of its own; exit code, standard output, standard error."""

    def run(*arguments: object, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, json.dumps(digests), *map(str, arguments)],
            env=hub_environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def authors_file(row) -> bytes:
    """Random weights as the authors publish theirs."""
    ours = R2(row.config).state_dict()
    names = [*PARAMETERS, *(f"{module}.{leaf}" for module in MODULES for leaf in ("weight", "bias"))]
    state = {name: ours[our_name(name)] for name in names if our_name(name) in ours}
    state |= {name: torch.ones(()) for name in IGNORED}
    content = io.BytesIO()
    torch.save({"state_dict": state, "meta": {"nncore_version": "0.4.2", "create_time": "20240401"}}, content)
    return content.getvalue()


def test_from_an_empty_cache_to_moments_offline(r2_apart, hub, digests, tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=200, rate=10)

    pulled = r2_apart("models", "pull", *RELEASED, "--quiet")
    again = r2_apart("models", "verify", HF_HUB_OFFLINE="1")
    hub.requests.clear()
    found = {
        name: r2_apart("find", film, "a dog jumps", "--model", name, "--json", HF_HUB_OFFLINE="1")
        for name in ("qvhighlights", "charades")
    }

    assert pulled[::2] == (0, "")
    assert sum("ready" in line for line in pulled[1].splitlines()) == len(RELEASED) + 1  # and the CLIP
    assert again[0] == 0
    rows = dict(line.split("  ok  ") for line in again[1].splitlines() if "  ok  " in line)
    assert {name: rows[name] for name in digests} == digests
    for name, (code, out, err) in found.items():
        assert code in (0, 1), err
        (result,) = json.loads(out)["results"]
        assert result["model"] == {"name": name, "sha256": digests[name], "backbone": "clip-vit-b-32"}
        assert len(result["saliency"]) == 20 * RELEASED[name].clips_per_second
    assert hub.requests == []


def test_the_size_that_is_said_is_about_that_of_the_file(digests, hub):
    for row in RELEASED.values():
        size = len(hub.files[f"{row.source.repo}/{row.source.path}"])
        assert abs(size - row.source.size) < 0.02 * size
    clip = VIT_B_32.source
    assert abs(len(hub.files[f"{clip.repo}/{clip.path}"]) - clip.size) < 0.001 * clip.size
