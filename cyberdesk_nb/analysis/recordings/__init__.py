"""What recordings do alike and differently, and where their replay breaks."""
