"""The use cases: what screens and the command line can ask for."""
