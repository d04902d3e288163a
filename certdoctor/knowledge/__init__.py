"""Reads and checks rules/ and kb/."""
