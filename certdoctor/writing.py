"""New files for the user: never over one that is there, readable by the user alone."""

from __future__ import annotations

import os
from pathlib import Path

from certdoctor.errors import CertdoctorError
from certdoctor.language import _


def new_file(file: Path, data: bytes) -> Path:
    """Write a new file (mode 0600) and return its path.

    Raises:
        CertdoctorError: it is there already, or cannot be written.
    """
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(data)
    except FileExistsError as error:
        raise CertdoctorError(_("{file} exists already; name a new file.").format(file=file)) from error
    except OSError as error:
        text = _("{file} cannot be written ({why}).")
        raise CertdoctorError(text.format(file=file, why=error.strerror or error)) from error
    return file
