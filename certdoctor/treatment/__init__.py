"""Fixes filled in: steps with their values, and the files to upload."""
