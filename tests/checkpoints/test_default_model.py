"""The default model at its full size, from an empty cache to a prediction, through a stand-in for the hub."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save

from r2cli.backbones.clip import build_clip
from r2cli.backbones.spec import VIT_B_32
from r2cli.checkpoints.keys import our_name
from r2cli.checkpoints.registry import QVHIGHLIGHTS
from r2cli.model import R2

pytestmark = pytest.mark.slow

_PROGRAM = """
import json, sys
from dataclasses import replace
import numpy as np
from r2cli.checkpoints import registry
from r2cli.checkpoints.load import open_checkpoint
row = registry.CHECKPOINTS["qvhighlights"]
registry.CHECKPOINTS["qvhighlights"] = replace(row, source=replace(row.source, sha256=sys.argv[1]))
notes = []
loaded = open_checkpoint("qvhighlights", device="cpu", on_note=notes.append, progress=False)
frames = np.zeros((3, 3, loaded.backbone.size, loaded.backbone.size), np.uint8)
memory = loaded.model.encode_video(loaded.backbone.encode_frames(frames)[None])
query = loaded.backbone.encode_query("a dog")
answer = loaded.model.predict(memory, query[None], clips_per_second=0.5)[0]
print(json.dumps({"notes": notes, "saliency": answer.saliency.tolist(), "sha256": loaded.sha256}))
"""


def test_from_an_empty_cache_to_a_prediction_and_again_offline(hub, hub_environment, tmp_path):
    import hashlib

    torch.manual_seed(0)
    clip = {name: tensor.half().contiguous() for name, tensor in build_clip(VIT_B_32).state_dict().items()}
    hub.files["timm/vit_base_patch32_clip_224.openai/open_clip_model.safetensors"] = save(clip)
    torch.save({"state_dict": _authors_state(R2(QVHIGHLIGHTS.config)), "meta": {}}, tmp_path / "r2.pth")
    content = (tmp_path / "r2.pth").read_bytes()
    hub.files[f"{QVHIGHLIGHTS.source.repo}/{QVHIGHLIGHTS.source.path}"] = content
    digest = hashlib.sha256(content).hexdigest()

    def run(**environment):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, digest[:8]],
            env=hub_environment | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    first = run()
    hub.requests.clear()
    again = run(HF_HUB_OFFLINE="1")

    assert [note.split(" (")[0] for note in first["notes"]] == [
        "downloading r2_tuning_qvhighlights-ed516355.pth",
        "downloading open_clip_model.safetensors",
    ]
    assert first["sha256"] == digest
    assert len(first["saliency"]) == 3
    assert again == first | {"notes": []}
    assert hub.requests == []


def _authors_state(model):
    """Random weights under the authors' names."""
    from r2cli.checkpoints.keys import MODULES, PARAMETERS

    ours = model.state_dict()
    names = [*PARAMETERS, *(f"{module}.{leaf}" for module in MODULES for leaf in ("weight", "bias"))]
    return {name: ours[our_name(name)] for name in names if our_name(name) in ours}
