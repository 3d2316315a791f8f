"""What may be wrong with a fleet: one file for each kind of finding."""
