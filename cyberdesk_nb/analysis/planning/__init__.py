"""What other numbers of machines would do."""
