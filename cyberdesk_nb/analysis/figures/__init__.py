"""Key figures of runs."""
