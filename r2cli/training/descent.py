"""One step downhill, as every training takes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from r2cli.errors import ModelUnavailableError
from r2cli.training.team import ALONE, Team


def adamw(model: nn.Module, *, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """AdamW for every parameter, as the paper has it."""
    return [_remembering(torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=weight_decay))]


def muon_and_adamw(
    model: nn.Module, matrices: Iterable[nn.Parameter], *, muon: float, adam: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Muon for some matrices of a model, AdamW for everything else.

    Args:
        model: What is to learn.
        matrices: Those of its parameters that Muon moves.
        muon: Full rate of Muon.
        adam: Full rate of AdamW.
        weight_decay: Of both.

    Raises:
        ModelUnavailableError: This PyTorch has no Muon.
    """
    if not hasattr(torch.optim, "Muon"):
        raise ModelUnavailableError("Muon is part of PyTorch 2.9 and later", "pip install --upgrade torch")
    chosen = list(matrices)
    known = {id(parameter) for parameter in chosen}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in known]
    return [
        _remembering(torch.optim.Muon(chosen, lr=muon, weight_decay=weight_decay)),
        _remembering(torch.optim.AdamW(rest, lr=adam, betas=(0.9, 0.98), weight_decay=weight_decay)),
    ]


def wide_matrices(model: nn.Module) -> list[nn.Parameter]:
    """The matrices of an R² model that are worth Muon's while."""
    return [parameter for parameter in model.parameters() if parameter.ndim == 2 and min(parameter.shape) > 2]


def _remembering(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """The same, with its full rate kept where schedules look for it."""
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    return optimizer


def descend(
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    loss: Tensor,
    factor: float,
    max_norm: float,
    team: Team = ALONE,
) -> float:
    """Follow the gradient of a loss.

    Args:
        model: What learns.
        optimizers: Of all its parameters.
        loss: A scalar.
        factor: The share of the full rate that is due.
        max_norm: Longer gradients are shortened to this L2 norm.
        team: The processes whose gradients make up the whole.

    Returns:
        The norm of the gradient as it was.
    """
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
    loss.backward()  # type: ignore[no-untyped-call]
    team.add_gradients(model)
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    for optimizer in optimizers:
        optimizer.step()
    return float(norm)
