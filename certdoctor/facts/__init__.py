"""Deployment, answers and clock in; facts of the closed vocabulary out."""
