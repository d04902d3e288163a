"""Facts in, findings and the next question out. Holds no domain knowledge itself."""
