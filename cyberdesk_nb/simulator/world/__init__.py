"""The state of a simulated organisation: its nouns, each in a file, behind one facade."""
