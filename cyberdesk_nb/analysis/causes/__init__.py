"""Who or what is behind it, and whether it is more than chance."""
