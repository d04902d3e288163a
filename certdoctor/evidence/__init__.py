"""Bytes in, evidence out. Nothing here interprets: each item keeps what was read and where it came from."""
