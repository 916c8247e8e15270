"""Everything that is looked at, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from r2cli.doctor.check import Check
from r2cli.doctor.devices import check_devices
from r2cli.doctor.models import check_folders, check_hub, check_models
from r2cli.doctor.programs import check_ffmpeg, check_settings, check_versions
from r2cli.doctor.trial import check_search
from r2cli.errors import R2Error

CHECKS: tuple[Callable[[], Check], ...] = (
    check_versions,
    check_settings,
    check_ffmpeg,
    check_devices,
    check_models,
    check_hub,
    check_folders,
    check_search,
)


def examine(on_progress: Callable[[int], None] = lambda done: None) -> tuple[Check, ...]:
    """Look at everything; one fault does not keep the rest from being looked at, unless it is in the settings."""
    checks = []
    for number, look in enumerate(CHECKS, start=1):
        check = _look(look)
        checks.append(check)
        on_progress(number)
        if check.name == "settings" and check.state == "fault":
            break  # everything else would say the same
    return tuple(checks)


def _look(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except R2Error as error:
        name = look.__name__.removeprefix("check_")
        return Check(
            name, (error.message,), {"error": str(error)}, "fault", error.hint or error.message, error.exit_code
        )


def exit_code(checks: Sequence[Check]) -> int:
    """What `r2 find` would end with: 0 if nothing stands in its way."""
    return next((check.exit_code for check in checks if check.state == "fault"), 0)
