"""Runs: those of the seeded past as columns, those made later as objects, and how both are read."""
