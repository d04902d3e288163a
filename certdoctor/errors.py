"""The errors that a user is told about in one sentence."""

from __future__ import annotations


class CertdoctorError(Exception):
    """Something the user can act on; `str()` of it is a whole sentence.

    Every error that is meant to reach a user derives from this one; anything else is a defect of ours.
    """


class BadInput(CertdoctorError):
    """An input cannot be used. `source` names the file, `place` the line, block or key in it."""

    def __init__(self, source: str, place: str, reason: str, remedy: str = "") -> None:
        self.source = source
        self.place = place
        self.reason = reason
        self.remedy = remedy
        where = f"{source}: {place}" if place else source
        super().__init__(f"{where}: {reason}" + (f" {remedy}" if remedy else ""))


class Stopped(Exception):
    """The user cancelled what was under way; nothing of it is kept."""
