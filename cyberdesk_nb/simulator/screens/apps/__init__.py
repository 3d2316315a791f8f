"""The applications that the simulated desktops show, one a file."""
