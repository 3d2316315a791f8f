"""What tells a difference from noise: intervals, tests, changes since a time."""
