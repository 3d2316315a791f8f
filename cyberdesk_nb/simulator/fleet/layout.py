"""Which machine stands where: pools, sites, displays, and who is off at the moment, by slot number."""

from __future__ import annotations

from dataclasses import dataclass

DISPLAYS = ((1920, 1080), (1600, 900), (1280, 1024))
SCREENSHOT = (1024, 768)
"""What every screenshot is scaled to."""
"""Sizes of the real displays; trajectories replay only on the size that they were recorded on."""

FRONT, BILLING, BATCH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The fleet's shape, from its number of machines.

    Parameters
    ----------
    pools
        Slots of the three pools, which overlap where there are machines enough.
    off_now
        Slots that are disconnected at the anchor.
    """

    size: int
    pools: tuple[tuple[int, ...], ...]
    off_now: tuple[int, ...]

    def mask(self, pool: int) -> int:
        """Return a pool's slots as a bit mask."""
        return sum(1 << slot for slot in self.pools[pool])

    def display(self, slot: int) -> int:
        """Return the index in `DISPLAYS` of a slot's screen."""
        return (0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 0)[slot % 12]

    def site(self, slot: int) -> int:
        """Return the number of the site (one network, one host) that a slot is at."""
        return 3 * slot // self.size


def layout(size: int) -> Layout:
    """Return the layout of `size` machines."""
    front = tuple(range(max(1, size // 2)))
    billing = tuple(range(size // 3, max(size // 3 + 1, 5 * size // 6)))
    batch = tuple(range(size - max(1, size // 4), size))
    off = (size // 4, size // 2) if size >= 8 else ()
    return Layout(size, (front, billing, batch), off)
