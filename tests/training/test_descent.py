"""Steps downhill."""

from __future__ import annotations

import pytest
import torch

from r2cli.errors import ModelUnavailableError
from r2cli.training.descent import adamw, descend, muon_and_adamw, wide_matrices


def test_every_parameter_is_moved_by_one_of_two():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.LayerNorm(8), torch.nn.Linear(8, 2))
    both = muon_and_adamw(model, wide_matrices(model), muon=0.1, adam=0.01, weight_decay=0.0)
    moved = [{id(p) for group in one.param_groups for p in group["params"]} for one in both]
    assert moved[0] == {id(model[0].weight)}
    assert moved[0] | moved[1] == {id(p) for p in model.parameters()}
    assert not moved[0] & moved[1]


def test_the_rate_that_is_due_is_a_share_of_the_full_one_and_long_gradients_are_cut():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.5)]
    optimizers[0].param_groups[0]["initial_lr"] = 0.5
    norm = descend(model, optimizers, 30 * model.weight.sum(), 0.1, max_norm=3)
    assert norm == 30
    assert model.weight.item() == pytest.approx(1 - 0.5 * 0.1 * 3, rel=1e-5)
    assert optimizers[0].param_groups[0]["lr"] == pytest.approx(0.05)
    assert adamw(model, rate=0.25, weight_decay=0)[0].param_groups[0]["initial_lr"] == 0.25


def test_a_pytorch_without_muon_is_said_so(monkeypatch):
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(ModelUnavailableError, match=r"PyTorch 2\.9"):
        muon_and_adamw(torch.nn.Linear(3, 3), [], muon=1, adam=1, weight_decay=0)
