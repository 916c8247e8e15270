"""The table of the authors' names, and strict loading."""

from __future__ import annotations

import pytest
import torch

from r2cli.errors import ModelUnavailableError
from r2cli.models.r2 import R2, R2Config
from r2cli.models.r2.keys import IGNORED, MODULES, PARAMETERS, infer_config, our_name, translate_state
from tests.golden.recorded import authors_state

CHECKPOINTS = ["tiny_checkpoint.pth", "tiny_hl_checkpoint.pth"]


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_every_tensor_lands_where_the_table_says(checkpoint):
    state = authors_state(checkpoint)
    model = R2(infer_config(state))

    model.load_state_dict(translate_state(state))

    ours = model.state_dict()
    assert len(ours) == len(state) - 1
    for key, value in state.items():
        if key not in IGNORED:
            assert torch.equal(ours[our_name(key)], value.float()), key


def test_the_table_names_each_module_once():
    assert len(set(MODULES.values())) == len(MODULES)
    modules = dict(R2(R2Config(dims=8, vision_width=8, query_width=8)).named_modules())
    assert modules.keys() >= set(MODULES.values())
    leaves = {name.rpartition(".")[0] for name, _ in R2(R2Config(dims=8)).named_parameters()}
    # Nothing of ours is without a row; the three that hang on no module of their own have their own table.
    assert leaves - set(MODULES.values()) == {name.rpartition(".")[0] for name in PARAMETERS.values()}


def test_the_shape_is_read_off_the_tensors():
    assert infer_config(authors_state(CHECKPOINTS[0])) == R2Config(vision_width=64, query_width=64, dims=64)
    assert infer_config(authors_state(CHECKPOINTS[1])) == R2Config(
        vision_width=64, query_width=64, dims=64, strides=(1,), tef=False, boundaries=False, merge=False
    )


@pytest.mark.parametrize("state", [{}, {"weight": torch.zeros(3)}, {"coef": torch.zeros(())}])
def test_something_else_has_no_shape(state):
    with pytest.raises(ModelUnavailableError, match="not an R2-Tuning checkpoint"):
        infer_config(state)
