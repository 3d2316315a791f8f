"""Charts are drawn without a window."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def canvas() -> Iterator[None]:
    """Draw without a window and with few pixels, and leave no figure open."""
    with mpl.rc_context({"backend": "Agg", "figure.dpi": 50}):
        yield
    plt.close("all")
