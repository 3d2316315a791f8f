"""`python -m cyberdesk_nb.cli`."""

import sys

from cyberdesk_nb.cli import main

sys.exit(main())
