"""What machines did with their time, and when they could be reached."""
