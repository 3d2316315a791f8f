"""Times and stretches of time."""
