"""certdoctor: which certificate breaks a Cisco collaboration edge, why, and how to cure it."""

__version__ = "0.1.0"
