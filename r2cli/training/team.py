"""Several processes that train one model as one process would: each sees its share of every batch.

Two of the losses compare across the batch, and all of them are means over it; means of the shares' losses, which
`torch.nn.parallel.DistributedDataParallel` takes, would be other losses. So what the heads said of every share is
gathered, each process computes the loss of the whole batch, and the gradients that flow back into the shares are added
up: the sum is the gradient of the whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from r2cli.errors import ModelUnavailableError
from r2cli.models.r2 import Grounding
from r2cli.training.targets import Truth

Said = TypeVar("Said", Grounding, Truth)
Row = TypeVar("Row")

_PATIENCE = timedelta(hours=6)
"""For the others: their leader may look at many films before the first step, and ask the model about all of a split."""

_OF_NO_QUERY = ("points", "level_sizes")
"""Fields of a grounding that are the same for every query."""


@dataclass(frozen=True)
class Team:
    """The processes that train one model, seen by one of them."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and tells."""
        return self.rank == 0

    def share(self, rows: Sequence[Row]) -> Sequence[Row]:
        """What this process sees of a batch; one row at least, though it may be another's: see `gather`."""
        return rows[self.rank :: self.size] or rows[:1]

    def longest(self, *lengths: int) -> tuple[int, ...]:
        """For each of some lengths, the greatest that any process has."""
        if self.size == 1:
            return lengths
        found = torch.tensor(lengths)
        self._together(lambda: distributed.all_reduce(found, distributed.ReduceOp.MAX))
        return tuple(found.tolist())

    def gather(self, said: Said, rows: int) -> Said:
        """Put the shares of a batch together, as rank 0's rows, rank 1's, and so on.

        Only the own rows carry a gradient.

        Args:
            said: Of the own share; its lengths are those of all.
            rows: How many the whole batch has. Where it has fewer than there are processes, the last ones' share is
                not theirs, and left out.
        """
        if self.size == 1:
            return said
        counts = [len(range(rank, rows, self.size)) for rank in range(self.size)]
        names = [one.name for one in fields(said) if one.name not in _OF_NO_QUERY]
        own = {name: getattr(said, name) for name in names if getattr(said, name) is not None}
        whole: dict[str, Any] = {name: self._gathered(tensor, counts) for name, tensor in own.items()}
        return replace(said, **whole)

    def _gathered(self, own: Tensor, counts: Sequence[int]) -> Tensor:
        sent = own.detach().to(torch.uint8) if own.dtype == torch.bool else own.detach()
        missing = max(counts) - len(sent)
        sent = torch.cat((sent, sent.new_zeros(missing, *sent.shape[1:]))) if missing > 0 else sent
        parts = [torch.empty_like(sent) for _ in counts]
        self._together(lambda: distributed.all_gather(parts, sent.contiguous()))
        shares = [part[:count].to(own.dtype) for part, count in zip(parts, counts, strict=True)]
        shares[self.rank] = own[: counts[self.rank]]
        return torch.cat(shares)

    def add_gradients(self, model: nn.Module) -> None:
        """Give every process the sum of all their gradients; a parameter that had none anywhere has none."""
        if self.size == 1:
            return
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        own = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        has_any = torch.tensor([one.grad is not None for one in parameters]).to(own[0])
        total = torch.cat([*(one.reshape(-1) for one in own), has_any])
        self._together(lambda: distributed.all_reduce(total))
        *gradients, had_any = torch.split(total, [*(one.numel() for one in parameters), len(parameters)])
        for parameter, gradient, had in zip(parameters, gradients, had_any.tolist(), strict=True):
            parameter.grad = gradient.view_as(parameter) if had else None

    def _together(self, act: Callable[[], object]) -> None:
        try:
            act()
        except RuntimeError as error:  # what torch raises where another process is gone, or does not answer
            raise ModelUnavailableError(
                f"another process of this training is gone ({str(error).splitlines()[0]})",
                "start it again: it goes on where its state was last saved",
            ) from error


ALONE = Team()
"""One process that sees everything."""


@contextmanager
def assembled(device: torch.device) -> Iterator[tuple[Team, torch.device]]:
    """The processes that `torchrun` started, or this one alone, and the device of this one.

    Args:
        device: Of the training; several processes of a machine take a graphics card each.

    Raises:
        ModelUnavailableError: The others do not answer.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE, device
        return
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if device.type == "cuda" else device
    try:
        distributed.init_process_group("cpu:gloo,cuda:nccl" if own.type == "cuda" else "gloo", timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise ModelUnavailableError(
            f"the {size} processes of this training do not find each other ({str(error).splitlines()[0]})",
            "start them with torchrun",
        ) from error
    try:
        yield Team(distributed.get_rank(), size), own
    finally:
        distributed.destroy_process_group()
