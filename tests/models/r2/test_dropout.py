"""Our dropout is held to torch's."""

from __future__ import annotations

import pytest
import torch

from r2cli.models.r2.dropout import Dropout


@pytest.mark.parametrize("chance", [0.1, 0.35, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_drops_the_asked_share_and_keeps_the_mean(chance, dtype):
    torch.manual_seed(0)
    x = torch.ones(300, 333, dtype=dtype)

    y = Dropout(chance).train()(x)

    assert y.dtype == dtype
    assert (y == 0).float().mean().item() == pytest.approx(chance, abs=0.01)
    assert y.float().mean().item() == pytest.approx(1, abs=0.02)
    assert len(y.unique()) == 2


def test_values_are_dropped_independently():
    torch.manual_seed(0)
    kept = (Dropout(0.5).train()(torch.ones(100_000, 4)) != 0).double()

    correlation = torch.corrcoef(kept.T) - torch.eye(4)
    assert correlation.abs().max() < 0.02


def test_the_gradient_is_dropped_as_the_value_was():
    x = torch.ones(1001, requires_grad=True)

    y = Dropout(0.3).train()(x)
    y.sum().backward()

    assert torch.equal(x.grad, y.detach())


def test_seeds_repeat_it_and_evaluation_skips_it():
    layer, x = Dropout(0.5).train(), torch.randn(64)

    torch.manual_seed(5)
    first = layer(x)
    torch.manual_seed(5)
    assert torch.equal(layer(x), first)
    assert layer.eval()(x) is x


def test_everything_can_be_dropped_but_not_quite():
    assert (Dropout(1.0).train()(torch.ones(100)) == 0).float().mean() > 0.9
