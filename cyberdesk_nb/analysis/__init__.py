"""Frames in, frames out: what the numbers of a fleet say, and how sure they are."""

from cyberdesk_nb.analysis.intervals import wilson
from cyberdesk_nb.analysis.kpis import kpis

__all__ = ["kpis", "wilson"]
