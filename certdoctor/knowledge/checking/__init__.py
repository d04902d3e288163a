"""The parts of the check of rules/ and kb/."""
