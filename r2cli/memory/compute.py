"""Work on a model's device that survives the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from r2cli.errors import ModelUnavailableError, option

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel

Result = TypeVar("Result")


def compute(model: LoadedModel, work: Callable[[], Result]) -> Result:
    """Do some work on a model's device; if the device fails, do it again on the processor, to which the model moves.

    Args:
        model: Whose device it is.
        work: Brings what it needs to `model.device` by itself.

    Raises:
        ModelUnavailableError: The device leaves nothing that could be moved.
    """
    try:
        return work()
    except RuntimeError as error:  # torch has no narrower kind for most of what a graphics card cannot do
        device = model.device
        if device.type == "cpu":
            raise
        fault = error
    try:
        model.fall_back(device, fault)
        return work()
    except RuntimeError as error:
        raise ModelUnavailableError(
            f"{model.checkpoint.name} cannot run on {device.type} ({fault})",
            f"try again with {option('device', 'cpu')}",
        ) from error
