"""One part of a section: made, or its place taken by the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.report.blocks import Block, Gap
from cyberdesk_nb.report.figures import draw
from cyberdesk_nb.report.study import UnavailableError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from cyberdesk_nb.report.study import Study


def part(title: str, make: Callable[[], Block]) -> Block:
    """Make a block; one that fails says so, and the others stay."""
    try:
        return make()
    except UnavailableError as error:
        return Gap(title, str(error))
    except Exception as error:  # noqa: BLE001 - whatever one part runs into, the rest of the report stands
        return Gap(title, reason(error))


def chart(
    study: Study,
    title: str,
    function: Callable[..., Axes],
    frames: Callable[[], Sequence[object]],
    *,
    notes: Sequence[str] = (),
    **options: Any,
) -> Block:
    """Draw a chart; what is said of the runs' age and completeness stands under it."""

    def make() -> Block:
        return draw(function, *frames(), notes=(*notes, f"{study.freshness()}."), **options)

    return part(title, make)
