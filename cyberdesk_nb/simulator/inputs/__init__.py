"""Inputs: checked against schemas, filled into prompts, looked up in earlier outputs."""
