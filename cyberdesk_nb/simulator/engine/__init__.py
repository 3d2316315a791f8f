"""What happens to a run: its plan, the queue for a machine, the work, and how it is judged."""
