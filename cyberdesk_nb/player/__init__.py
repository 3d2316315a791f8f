"""The trajectory player: what an agent did, step by step, on the screens that it did it on."""

from cyberdesk_nb.player.compare import TrajectoryComparison
from cyberdesk_nb.player.player import TrajectoryPlayer
from cyberdesk_nb.player.recordings import Ending
from cyberdesk_nb.player.redaction import Redaction

__all__ = ["Ending", "Redaction", "TrajectoryComparison", "TrajectoryPlayer"]
