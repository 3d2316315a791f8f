"""`python -m cyberdesk_nb.simulator.faults` prints a rules file with an example of every kind."""

import sys

from cyberdesk_nb.simulator.faults import EXAMPLE

sys.stdout.write(EXAMPLE)
